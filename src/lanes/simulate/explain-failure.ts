/**
 * Says whose limit it is when ONNX Runtime refuses: a TensorRT plugin, an opset or a type that it does not have, scales that the model's opset does not
 * have, the model itself, or what this lane adds to the model. Only names the cause; the failure stays a failure.
 */
import { ToolError } from "../../effects/failure.ts";
import type { Engine, TensorPair } from "../../model/engine.ts";
import type { LaneJob } from "../../model/job.ts";
import { guessedTypes } from "../../onnx/element-types.ts";
import { DataType, nodeLabel } from "../../onnx/model.ts";
import { toNetwork } from "../../onnx/network.ts";
import { foreignOperators } from "../../onnx/operators.ts";
import { readModel } from "../../onnx/read.ts";
import { withoutTrtOperators } from "../../onnx/trt-qdq.ts";
import { elementWord } from "../../onnx/types.ts";
import { isCompute } from "../../onnx/units.ts";
import type { Runtime } from "./runtime.ts";
import { openSession } from "./session.ts";

/** What ran, whose model it is, and what it ran in. */
export interface Failing {
  readonly job: Pick<LaneJob, "name" | "modelPath" | "sources" | "effects">;
  readonly runtime: Runtime;
}

/** Runs `action`; what it throws goes through `explained`. */
export async function explaining<T>(failing: Failing, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw await explained(error, failing);
  }
}

/** The engine, with what its streams throw explained. */
export const explainingEngine = (failing: Failing, engine: Engine): Engine => ({
  ...engine,
  outputs: (samples) => explainingPairs(failing, engine.outputs(samples)),
  layers: async (samples) => {
    const layers = await engine.layers(samples);
    return { ...layers, pairs: explainingPairs(failing, layers.pairs) };
  },
});

async function* explainingPairs(failing: Failing, pairs: AsyncIterable<TensorPair>): AsyncIterable<TensorPair> {
  try {
    yield* pairs;
  } catch (error) {
    throw await explained(error, failing);
  }
}

/** The same error for everything but a ToolError `runtime-failed`. */
async function explained(error: unknown, failing: Failing): Promise<unknown> {
  if (!(error instanceof ToolError) || error.reason !== "runtime-failed") return error;
  const { job, runtime } = failing;
  const model = await readModel(job.modelPath, job.effects.files, { weights: "left-in-file", shownAs: job.sources?.model });
  const network = toNetwork(model);
  const known =
    opsetProblem(error, runtime) ??
    perChannelProblem(job.name, error) ??
    pluginProblem(job.name, foreignOperators(network.nodes)) ??
    typeProblem(job.name, network);
  if (known !== undefined) return known;
  const plain = await withoutTrtOperators(network, job.effects.files);
  const alone = await openSession(runtime, job.effects, plain, "model itself").then(
    (session) => session.release(),
    (refused: unknown) => refused,
  );
  if (alone instanceof ToolError)
    return new ToolError(
      "runtime-failed",
      `${alone.message} ONNX Runtime ${runtime.version} does not take this model: export it for that version, or use another lane.`,
    );
  if (/while running the (?!candidate)/.test(error.message))
    return new ToolError(
      "runtime-failed",
      `${error.message} The model loads and fails on a sample: check that the samples have the shapes and values it is made for.`,
    );
  return new ToolError(
    "runtime-failed",
    `${error.message} ONNX Runtime loads the model as it is, so this is a limit of the simulate lane: use another lane, and please report the model.`,
  );
}

function opsetProblem({ message }: ToolError, { version }: Runtime): ToolError | undefined {
  const [, opset] = /Opset (\d+) is under development/.exec(message) ?? [];
  const [, newest] = /domain (?:ai\.onnx )?is till opset (\d+)/.exec(message) ?? /till opset (\d+)/.exec(message) ?? [];
  if (opset === undefined) return undefined;
  return new ToolError(
    "runtime-failed",
    `The model is written for opset ${opset}, and ONNX Runtime ${version} knows opsets up to ${newest ?? "an older one"}. Export it for an older opset, or use another lane.`,
  );
}

/** Characters of a message: names in it are the model's, and may be of any length. */
const mostRead = 4000;

/** ONNX Runtime's own quantizer writes such scales into models of opset 12 too, and its runtime then refuses them. */
function perChannelProblem(name: string, { message }: ToolError): ToolError | undefined {
  const [, node, opType] =
    /In Node, \("(.*?)", (\w+), .* Unrecognized attribute: axis for operator (?:Quant|Dequant)izeLinear/s.exec(
      message.slice(0, mostRead),
    ) ?? [];
  if (node === undefined) return undefined;
  return new ToolError(
    "runtime-failed",
    `The ${opType} '${node}' of '${name}' has scales per channel, which Q/DQ have only since opset 13, and the model is written for an older one. Export the model with opset 13 or newer, and quantise that.`,
  );
}

function pluginProblem(name: string, foreign: ReturnType<typeof foreignOperators>): ToolError | undefined {
  const [first] = foreign;
  if (first === undefined) return undefined;
  const words = foreign.map(({ opType, domain }) => (domain === "" ? `'${opType}'` : `'${domain}::${opType}'`)).join(", ");
  return new ToolError(
    "unknown-operator",
    `The model '${name}' uses ${words} (first in '${first.node}'), which is no operator of ONNX and cannot run on the CPU. A TensorRT plugin runs in the lanes implicit and explicit (tensorrt.plugins); for simulate, end the model before it.`,
  );
}

const narrow: ReadonlySet<number> = new Set([DataType.FLOAT16, DataType.DOUBLE, DataType.BFLOAT16]);

function typeProblem(name: string, network: ReturnType<typeof toNetwork>): ToolError | undefined {
  const types = guessedTypes(network);
  for (const node of network.nodes.filter(isCompute)) {
    const type = node.input
      .slice(0, 2)
      .map((input) => types.get(input))
      .find((one) => one !== undefined && narrow.has(one));
    if (type !== undefined)
      return new ToolError(
        "unsupported-type",
        `The model '${name}' computes '${nodeLabel(node)}' in ${elementWord(type)}, and ONNX Runtime on the CPU does not run it so: TensorRT may. Give the simulate lane the float32 export, or use another lane.`,
      );
  }
  return undefined;
}

/**
 * Q/DQ of `placement: modelopt` stands where NVIDIA ModelOpt 0.47 puts it, tensor by tensor and reader by reader, on models of every kind that the zoo has
 * (test/fixtures/modelopt-0.47: its own output, recorded), and the simulated candidate computes what the written file computes.
 */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { placementOf } from "../../src/lanes/simulate/placement.ts";
import type { ShapeRange } from "../../src/model/job.ts";
import type { Placement } from "../../src/model/placement.ts";
import { encodeModel, insertQdq } from "../../src/onnx/edit.ts";
import { guessedTypes } from "../../src/onnx/element-types.ts";
import { foldSites } from "../../src/onnx/fold.ts";
import { DataType, type OnnxModel } from "../../src/onnx/model.ts";
import { producers, toNetwork } from "../../src/onnx/network.ts";
import { placeLikeModelOpt } from "../../src/onnx/placement/modelopt.ts";
import { isDequantize, isQuantize } from "../../src/onnx/qdq.ts";
import { stageModel } from "../../src/onnx/stage.ts";
import { computeOps } from "../../src/onnx/units.ts";
import { type RunEffects, runEffects } from "../fakes/run-effects.ts";
import { pairsOf, recordedJob, sqnrDb, withLane } from "../fakes/simulate-job.ts";
import sets from "../fixtures/modelopt-0.47/sets.json" with { type: "json" };
import { describeWithPython } from "../support/needs.ts";
import { type ZooEntry, zoo, zooFile } from "../zoo/zoo.ts";

/** Tensor, reader and input, as one word. */
type Edges = readonly string[];
const recorded: Readonly<
  Record<string, { readonly edges: readonly (readonly (string | number)[])[]; readonly weights: readonly string[] }>
> = sets;
const theirs = (name: string): Edges => (recorded[name]?.edges ?? []).map((edge) => edge.join(" | ")).toSorted();
const here = [
  "paddle-classifier",
  "paddle-detector",
  "paddle-recogniser",
  "tf2onnx-cnn",
  "tf2onnx-attention",
  "helper-cnn",
  "helper-residual",
  "helper-mlp",
];
const packaged = Object.keys(recorded).filter((name) => !here.includes(name));

let effects: RunEffects;
beforeAll(async () => {
  effects = await runEffects();
});
afterAll(() => effects.end());

interface Opened {
  readonly model: OnnxModel;
  readonly placement: Placement;
}

async function open(name: string): Promise<Opened> {
  const entry: ZooEntry | undefined = zoo.find((one) => one.name === name);
  if (entry === undefined) throw new Error(`the zoo has no ${name}`);
  const folder = await effects.files.makeTempFolder("stage");
  const { model } = await stageModel({ path: zooFile(entry), folder, files: effects.files, trust: "local" });
  const shapes = new Map(Object.entries(entry.inputs).map(([input, { shape }]): [string, ShapeRange] => [input, rangeOf(shape)]));
  return { model, placement: await placementOf("modelopt", model, shapes, effects) };
}

const rangeOf = (shape: readonly number[]): ShapeRange => ({ min: shape, opt: shape, max: shape });

const left = ({ placement }: Opened): ReadonlySet<string> => (placement.scheme === "core" ? new Set() : placement.left);

function ours(opened: Opened): { readonly edges: Edges; readonly compute: Edges } {
  const types = guessedTypes(toNetwork(opened.model));
  const placed = placeLikeModelOpt(opened.model.graph, left(opened), (name) => (types.get(name) ?? DataType.FLOAT) === DataType.FLOAT);
  return {
    edges: placed.edges.map(({ node, slot, tensor }) => [tensor, `${node.opType}:${node.output[0]}`, slot].join(" | ")).toSorted(),
    compute: [...placed.chosen]
      .filter(({ opType }) => computeOps.has(opType))
      .map(({ opType, output }) => `${opType}:${output[0]}`)
      .toSorted(),
  };
}

/** What reads a dequantised activation in the file that is written, with a scale for every tensor; convolutions by the name they had before folding. */
async function written(opened: Opened): Promise<Edges> {
  const plain = toNetwork(opened.model);
  const unfolded = new Map(foldSites(plain).map(({ conv, norm }) => [norm.output[0] ?? "", conv.output[0] ?? ""]));
  const scales = new Map(
    [...plain.inputs.map(({ name }) => name), ...plain.nodes.flatMap(({ output }) => output)].map((name) => [name, 0.1]),
  );
  const { model } = await insertQdq(opened.model, scales, effects.files, { placement: opened.placement });
  const network = toNetwork(model);
  const makers = producers(network.nodes);
  return network.nodes
    .flatMap((node) =>
      node.input.flatMap((name, slot) => {
        const source = makers.get(makers.get(name)?.input[0] ?? "");
        if (source === undefined || !isQuantize(source) || isDequantize(node) || isQuantize(node)) return [];
        const output = node.output[0] ?? "";
        const own = node.opType === "BatchNormalization" ? output : (unfolded.get(output) ?? output);
        return [[source.input[0], `${node.opType}:${own}`, slot].join(" | ")];
      }),
    )
    .toSorted();
}

const holds = (names: readonly string[]) => {
  it.each(names)("quantises in %s what ModelOpt quantises", async (name) => {
    const { edges, compute } = ours(await open(name));
    expect(edges).toEqual(theirs(name));
    expect(compute).toEqual(recorded[name]?.weights);
  });

  it.each(names)("writes it: %s", async (name) => {
    expect(await written(await open(name))).toEqual(theirs(name));
  });
};

describe("placement: modelopt", () => holds(here));
describeWithPython("placement: modelopt, models of packages", () => holds(packaged));

describe("the recorded classifier", () => {
  const modelopt = { placement: "modelopt" } as const;
  const lane = async <T>(use: Parameters<typeof withLane<T>>[1], qdq?: string): Promise<T> => {
    const staged = await recordedJob(qdq === undefined ? {} : { qdq });
    Object.assign(staged.job, { quantization: { ...staged.job.quantization, ...(qdq === undefined ? modelopt : {}) } });
    return await withLane(staged, use);
  };

  it.each([0, 1, 13])("computes in the simulate lane what the written file computes, with %i units kept", async (count) => {
    const simulated = await lane(async (one) => {
      const keep = new Set(one.units.slice(3, 3 + count).map(({ id }) => id));
      const followers = one.units.filter(({ id }) => keep.has(id)).flatMap(({ followers: names = [] }) => names);
      return { pairs: await pairsOf(one, { keep }), keep, followers, scales: one.scales ?? new Map(), placement: one.placement };
    });
    const { model } = await open("paddle-classifier");
    const { keep, scales, placement } = simulated;
    const inserted = await insertQdq(model, scales, effects.files, { keep, ...(placement === undefined ? {} : { placement }) });
    const path = join(effects.folder, `cls-${count}.qdq.onnx`);
    await effects.files.writeBytes(path, encodeModel(inserted.model));
    const file = await lane((one) => pairsOf(one), path);
    const distance = sqnrDb(simulated.pairs.map((pair, i) => ({ ...pair, reference: pair.candidate, candidate: file[i]?.candidate })));
    expect(distance).toBeGreaterThan(60);
    expect(simulated.followers.length > 0).toBe(count === 13);
  });

  it("counts what it quantises beside compute nodes, and is the float model with every unit kept", async () => {
    await lane(async (one) => {
      expect(one.coverage).toMatchObject({
        quantizedUnits: 49,
        totalUnits: 54,
        quantizedOthers: { Add: 25, Mul: 27, BatchNormalization: 2, GlobalAveragePool: 10 },
        variant: "modelopt",
      });
      expect(sqnrDb(await pairsOf(one, { keep: new Set(one.units.map(({ id }) => id)) }))).toBe(Number.POSITIVE_INFINITY);
    });
  });

  it("leaves and counts what the cache has no scale for", async () => {
    const { model, placement } = await open("paddle-classifier");
    const staged = await recordedJob();
    const scales = await withLane(staged, async ({ scales: known = new Map() }) => new Map(known));
    scales.delete("p2o.Clip.1");
    const { units, missingScales, placed } = await insertQdq(model, scales, effects.files, { placement });
    expect([units.length, missingScales]).toEqual([49, ["p2o.Clip.1"]]);
    expect([...(placed.others.get("p2o.Mul.1")?.inputs.values() ?? [])]).toEqual(["batch_norm_0.tmp_3"]);
  });
});

/**
 * Peak resident memory of a simulate check of a large model, as a multiple of the model's size. Target: under 4.
 * `node bench/simulate-memory.ts [MiB]` makes a chain of matrix products of that size (default 500) and checks it in a child of its own.
 */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { create, toBinary } from "@bufbuild/protobuf";
import { plainLog } from "../src/effects/log.ts";
import { realEffects } from "../src/effects/real.ts";
import { prepareSimulate } from "../src/lanes/simulate/simulate.ts";
import type { Feed } from "../src/model/tensor.ts";
import {
  GraphProtoSchema,
  ModelProtoSchema,
  OperatorSetIdProtoSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
} from "../src/onnx/gen/onnx-ml_pb.js";
import { DataType, floatTensor, makeNode } from "../src/onnx/model.ts";
import { stageModel } from "../src/onnx/stage.ts";

const width = 2048;
const sizeMiB = Number(process.argv[2] ?? 500);

/** Linear congruential numbers in -1..1: quick, and the same everywhere. */
function numbers(count: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

function writeModel(path: string): number {
  const layers = Math.round((sizeMiB * 2 ** 20) / (4 * width * width));
  const names = Array.from({ length: layers }, (_, i) => `w${i}`);
  const value = (name: string) =>
    create(ValueInfoProtoSchema, {
      name,
      type: create(TypeProtoSchema, {
        value: {
          case: "tensorType",
          value: {
            $typeName: "onnx.TypeProto.Tensor",
            elemType: DataType.FLOAT,
            shape: {
              $typeName: "onnx.TensorShapeProto",
              dim: [1, width].map((size) => ({
                $typeName: "onnx.TensorShapeProto.Dimension" as const,
                denotation: "",
                value: { case: "dimValue" as const, value: BigInt(size) },
              })),
            },
          },
        },
      }),
    });
  const graph = create(GraphProtoSchema, {
    name: "large",
    input: [value("h0")],
    output: [value(`h${layers}`)],
    node: names.map((name, i) => makeNode({ opType: "MatMul", name: `product${i}`, input: [`h${i}`, name], output: [`h${i + 1}`] })),
    initializer: names.map((name, i) =>
      floatTensor(
        name,
        [width, width],
        numbers(width * width, i + 1).map((one) => one / Math.sqrt(width)),
      ),
    ),
  });
  const bytes = toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, { irVersion: 8n, opsetImport: [create(OperatorSetIdProtoSchema, { domain: "", version: 17n })], graph }),
  );
  writeFileSync(path, bytes);
  return bytes.length;
}

async function check(path: string): Promise<void> {
  const effects = realEffects({
    env: process.env,
    cwd: process.cwd(),
    log: plainLog({ write: () => {}, isTerminal: false, debug: false, monotonicMs: () => performance.now() }),
    cancelled: new AbortController().signal,
  });
  const staged = await stageModel({ path, folder: await effects.files.makeTempFolder("stage"), files: effects.files, trust: "local" });
  const modelPath = staged.modelPath;
  const feeds: Feed[] = [1, 2, 3, 4].map(
    (seed) => new Map([["h0", { name: "h0", dtype: "float32", shape: [1, width], data: numbers(width, seed * 77) }]]),
  );
  const source = { description: "made up", count: feeds.length, feed: async (i: number) => feeds[i] ?? new Map(), close: async () => {} };
  const lane = await prepareSimulate({
    name: "large",
    modelPath,
    quantization: { data: source, algorithm: "minmax", percentile: 99.999 },
    validation: source,
    deadlineMs: Number.POSITIVE_INFINITY,
    effects,
    shapes: new Map(),
  });
  const engine = await lane.build({ keep: new Set() });
  const samples = [0, 1, 2, 3];
  for (const stream of [engine.outputs(samples), (await engine.layers(samples)).pairs]) {
    for await (const pair of stream) if (pair.candidate === undefined) throw new Error("no candidate");
  }
  await lane.close();
  await effects.dispose();
  // maxRSS is in KiB.
  process.stdout.write(String(process.resourceUsage().maxRSS * 1024));
}

if (process.argv[2] === "--check") {
  await check(process.argv[3] ?? "");
} else {
  const folder = mkdtempSync(join(tmpdir(), "simulate-memory-"));
  try {
    const sizeBytes = writeModel(join(folder, "large.onnx"));
    const result = spawnSync(process.execPath, [fileURLToPath(import.meta.url), "--check", join(folder, "large.onnx")], {
      encoding: "utf8",
      env: { ...process.env, RUNNER_TEMP: folder },
    });
    if (result.status !== 0) throw new Error(result.stderr);
    const peak = Number(result.stdout);
    console.log(
      `model ${(sizeBytes / 2 ** 20).toFixed(0)} MiB, peak resident memory ${(peak / 2 ** 20).toFixed(0)} MiB: ${(peak / sizeBytes).toFixed(2)} times (target: under 4)`,
    );
    if (!(peak < 4 * sizeBytes)) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

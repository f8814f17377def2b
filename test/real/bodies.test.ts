/** Products inside bodies: quantised where calibration or a cache has scales of their inputs, else counted, named and never passed as INT8. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { afterEach, expect, it } from "vitest";
import { writeCache } from "../../src/calibration/cache.ts";
import { writeNpz } from "../../src/formats/write-npz.ts";
import { calibrateModel } from "../../src/lanes/simulate/calibrate-model.ts";
import { main } from "../../src/main.ts";
import { GraphProtoSchema, TensorProtoSchema } from "../../src/onnx/gen/onnx-ml_pb.js";
import {
  DataType,
  floatTensor,
  graphAttr,
  int64Tensor,
  intAttr,
  intsAttr,
  makeNode,
  type NodeProto,
  stringAttr,
  withFields,
} from "../../src/onnx/model.ts";
import type { ModelReport } from "../../src/report/schema.ts";
import { loop, typed } from "../fakes/loop.ts";
import { modelBytes, node } from "../fakes/onnx-models.ts";
import { type RunEffects, runEffects } from "../fakes/run-effects.ts";

let effects: RunEffects;
afterEach(() => effects.end());

const wave = (name: string, step: number) =>
  floatTensor(
    name,
    [4, 4],
    Float32Array.from({ length: 16 }, (_, i) => Math.sin(i * step)),
  );
const truth = (name: string, value: number) =>
  create(TensorProtoSchema, { name, dims: [], dataType: DataType.BOOL, rawData: Uint8Array.of(value) });

const unrolled: readonly NodeProto[] = [node("MatMul", ["x", "w"], ["t"], "inside")];
const products = (count: number) =>
  Array.from({ length: count }, (_, i) => node("MatMul", [i === 0 ? "t" : `t${i}`, "v"], [i === count - 1 ? "y" : `t${i + 1}`]));

async function judged(
  first: readonly NodeProto[],
  { after = 1, scales }: { after?: number; scales?: Record<string, number> },
): Promise<ModelReport | undefined> {
  effects = await runEffects();
  const at = (name: string) => join(effects.cwd, name);
  await mkdir(at(".github"), { recursive: true });
  const once = withFields(int64Tensor("once", [1]), { dims: [] });
  await writeFile(
    at("m.onnx"),
    modelBytes({
      nodes: [...first, ...(after === 0 ? [node("Relu", ["t"], ["y"])] : products(after))],
      weights: [wave("w", 1.3), wave("v", 2.1), once, truth("always", 1), truth("never", 0)],
      outputs: ["y"],
      opset: 17,
    }),
  );
  const data = Float32Array.from({ length: 128 }, (_, i) => Math.cos(i * 1.7));
  const other = data.map((value) => value * 0.97);
  await writeFile(at("x.npz"), writeNpz([{ name: "x", dtype: "float32", shape: [32, 1, 4], data }]));
  await writeFile(at("cal.npz"), writeNpz([{ name: "x", dtype: "float32", shape: [32, 1, 4], data: other }]));
  const text = writeCache({ version: "8601", algorithm: "EntropyCalibration2", scales: new Map(Object.entries(scales ?? {})) });
  await writeFile(at("m.cache"), text);
  const source = scales ? "{cache: m.cache}" : "{data: cal.npz, algorithm: minmax, min-samples: 1}";
  await writeFile(
    at(".github/trt-gate.yml"),
    `version: 1\nmodels:\n  - path: m.onnx\n    quantization: ${source}\n    validation: {data: x.npz}\n`,
  );
  return (await main({ inputs: { lane: "simulate", search: "off" } }, effects)).report.models[0];
}

const incomplete = { x: 0.02, t: 0.05, t1: 0.05, t2: 0.05, t3: 0.05 };

it("without scales are counted, named and no pass where they are half of the compute", async () => {
  const model = await judged(loop, { scales: incomplete });
  expect(model).toMatchObject({ verdict: "undecided", reason: "compute-in-bodies" });
  expect(model?.message).toContain("1 of 2 compute nodes lies inside a body");
  expect(model?.coverage).toMatchObject({
    quantizedUnits: 1,
    totalUnits: 2,
    bodies: { total: 1, quantized: [], float: ["inside in the body of Loop loop"] },
  });
});

it("without scales are a caveat where they are few", async () => {
  const model = await judged(loop, { after: 3, scales: incomplete });
  expect(model?.reason).not.toBe("compute-in-bodies");
  expect(model?.caveats?.map(({ reason }) => reason)).toContain("bodies-in-float");
  expect(model?.coverage).toMatchObject({ quantizedUnits: 3, totalUnits: 4 });
});

/** t = x · w as one Einsum. */
const einsum: readonly NodeProto[] = [
  makeNode({ opType: "Einsum", name: "sum", input: ["x", "w"], output: ["t"], attribute: [stringAttr("equation", "ij,jk->ik")] }),
];

it("compute of a kind that the gate does not quantise is counted, named and no pass where it is half of the compute", async () => {
  const model = await judged(einsum, { scales: incomplete });
  expect(model).toMatchObject({ verdict: "undecided", reason: "compute-in-float" });
  expect(model?.message).toContain("1 of 2 compute nodes is of a kind that the gate does not quantise and stayed in float (Einsum 'sum')");
  expect(model?.coverage).toMatchObject({ quantizedUnits: 1, totalUnits: 2, floatKinds: ["Einsum 'sum'"] });
  await effects.end();
  const few = await judged(einsum, { after: 3, scales: incomplete });
  expect(few?.caveats?.map(({ reason }) => reason)).toContain("kinds-in-float");
  expect(few?.coverage).toMatchObject({ quantizedUnits: 3, totalUnits: 4 });
  await effects.end();
  expect(await judged(einsum, { after: 0, scales: incomplete })).toMatchObject({ reason: "compute-in-float", verdict: "undecided" });
});

/** The same product in one branch; the other doubles x. */
const branch = (condition: string, product: "then_branch" | "else_branch"): NodeProto[] => {
  const graph = (one: NodeProto, output: string) =>
    create(GraphProtoSchema, {
      name: output,
      node: [node("Identity", ["x"], [`${output}_x`]), one],
      output: [typed(output, DataType.FLOAT, [1, 4])],
    });
  const graphs = { [product]: graph(node("MatMul", ["p_x", "w"], ["p"], "inside"), "p") };
  const other = product === "then_branch" ? "else_branch" : "then_branch";
  return [
    makeNode({
      opType: "If",
      name: "choice",
      input: [condition],
      output: ["t"],
      attribute: Object.entries({ ...graphs, [other]: graph(node("Add", ["o_x", "o_x"], ["o"]), "o") }).map(([name, g]) =>
        graphAttr(name, g),
      ),
    }),
  ];
};

/** t = x · w, row by row. */
const scan: readonly NodeProto[] = [
  makeNode({
    opType: "Scan",
    name: "rows",
    input: ["x"],
    output: ["t"],
    attribute: [
      intAttr("num_scan_inputs", 1),
      intsAttr("scan_output_axes", [0]),
      graphAttr(
        "body",
        create(GraphProtoSchema, {
          name: "body",
          input: [typed("row", DataType.FLOAT, [4])],
          node: [node("MatMul", ["row", "w"], ["r"], "inside")],
          output: [typed("r", DataType.FLOAT, [4])],
        }),
      ),
    ],
  }),
];

it.each([
  ["Loop", loop],
  ["Scan", scan],
  ["If (then)", branch("always", "then_branch")],
  ["If (else)", branch("never", "else_branch")],
])("of %s are calibrated from data: the figure is that of the unrolled model", async (_, first) => {
  const inBody = await judged(first, {});
  await effects.end();
  const plain = await judged(unrolled, {});
  expect(inBody?.coverage).toMatchObject({ quantizedUnits: 2, totalUnits: 2, bodies: { total: 1, float: [] } });
  expect(inBody?.outputs[0]?.metrics.sqnrDb).toBe(plain?.outputs[0]?.metrics.sqnrDb);
});

it("in a branch that no sample reaches stay in float and are named", async () => {
  const model = await judged(branch("never", "then_branch"), { after: 3 });
  expect(model?.coverage).toMatchObject({ quantizedUnits: 3, totalUnits: 4, bodies: { quantized: [] } });
  expect(model?.caveats?.map(({ reason }) => reason)).toContain("bodies-in-float");
});

it("with scales are quantised: the figure is that of the unrolled model", async () => {
  const scales = { x: 0.02, s: 0.02, t: 0.05 };
  const inLoop = await judged(loop, { scales });
  await effects.end();
  const plain = await judged(unrolled, { scales: { x: 0.02, t: 0.05 } });
  expect(inLoop?.coverage).toMatchObject({ quantizedUnits: 2, totalUnits: 2, bodies: { float: [] } });
  expect(inLoop?.warnings.join()).toContain(
    "The compute node inside in the body of Loop loop runs quantised: a search cannot keep what lies inside a body, and files that the gate writes have no Q/DQ for it.",
  );
  expect(inLoop?.outputs[0]?.metrics.sqnrDb).toBe(plain?.outputs[0]?.metrics.sqnrDb);
  expect(inLoop?.outputs[0]?.metrics.sqnrDb).not.toBe((await judged(loop, {}))?.outputs[0]?.metrics.sqnrDb);
});

it("of a loop get one scale for all iterations", async () => {
  effects = await runEffects();
  const path = join(effects.cwd, "m.onnx");
  // Each iteration doubles: x, 2x, 4x are read.
  const twice = floatTensor(
    "w",
    [4, 4],
    Float32Array.from({ length: 16 }, (_, i) => (i % 5 === 0 ? 2 : 0)),
  );
  const rounds = withFields(int64Tensor("once", [3]), { dims: [] });
  await writeFile(path, modelBytes({ nodes: [...loop, node("Relu", ["t"], ["y"])], weights: [twice, rounds], outputs: ["y"], opset: 17 }));
  const x = { name: "x", dtype: "float32", shape: [1, 4], data: Float32Array.of(1, -5, 2, 0.5) } as const;
  const data = { description: "one sample", count: 1, feed: async () => new Map([["x", x]]), close: async () => {} };
  const { scales } = await calibrateModel({ modelPath: path, data, algorithm: "minmax", percentile: 100, shapes: new Map(), effects });
  expect(scales.get("s")).toBeCloseTo(20 / 127, 7);
});

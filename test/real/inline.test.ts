import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { create, toJson } from "@bufbuild/protobuf";
import { afterAll, beforeAll, expect, it } from "vitest";
import { oraclePython } from "../../scripts/python-env.ts";
import { loadRuntime } from "../../src/lanes/simulate/runtime.ts";
import { openSession } from "../../src/lanes/simulate/session.ts";
import type { Tensor } from "../../src/model/tensor.ts";
import { AttributeProtoSchema } from "../../src/onnx/gen/onnx-ml_pb.js";
import type { AttributeProto, GraphProto } from "../../src/onnx/model.ts";
import { toNetwork } from "../../src/onnx/network.ts";
import { readModel } from "../../src/onnx/read.ts";
import { runEffects } from "../fakes/run-effects.ts";
import { describeWithPython } from "../support/needs.ts";

/** The oracle is test/oracle/functions.py: onnx.inliner, and what ONNX Runtime computes. */
const oracle = fileURLToPath(new URL("../oracle/functions.py", import.meta.url));
let folder = "";
let cases: { readonly structure: readonly string[]; readonly values: readonly string[] } = { structure: [], values: [] };

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "inline-"));
  cases = JSON.parse(execFileSync(oraclePython(), [oracle, folder], { encoding: "utf8" }));
}, 600_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Saved {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
const valuesOf = (name: string): Record<"inputs" | "outputs", Readonly<Record<string, Saved>>> =>
  JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8"));

function tensorOf(name: string, { dtype, shape, data }: Saved): Tensor {
  if (dtype === "bool") return { name, dtype: "bool", shape, data: Uint8Array.from(data, Number) };
  if (dtype === "int64") return { name, dtype: "int64", shape, data: BigInt64Array.from(data, BigInt) };
  return { name, dtype: "float32", shape, data: Float32Array.from(data) };
}

/** What a graph says, without types: shape inference may have written some into bodies. */
const described = (graph: GraphProto): unknown => ({
  inputs: graph.input.map(({ name }) => name),
  outputs: graph.output.map(({ name }) => name),
  constants: graph.initializer.map(({ name }) => name),
  nodes: graph.node.map(({ opType, domain, name, input, output, attribute }) => ({
    ...{ opType, domain, name, input, output },
    attributes: attribute.map((one) => [toJson(AttributeProtoSchema, withoutGraphs(one)), ...graphsOf(one).map(described)]),
  })),
});
const graphsOf = ({ g, graphs }: AttributeProto) => [...(g === undefined ? [] : [g]), ...graphs];
const withoutGraphs = ({ name, type, f, i, floats, ints, t }: AttributeProto) =>
  create(AttributeProtoSchema, { name, type, f, i, floats, ints, ...(t === undefined ? {} : { t }) });

describeWithPython("models with functions", () => {
  it("become the graphs that onnx.inliner makes, name by name", async () => {
    const effects = await runEffects();
    expect(cases.structure.length).toBeGreaterThan(10);
    for (const name of cases.structure) {
      const ours = await readModel(join(folder, `${name}.onnx`), effects.files);
      const theirs = await readModel(join(folder, `${name}.inlined.onnx`), effects.files);
      expect(ours.proto.functions).toEqual([]);
      expect([name, described(ours.graph)]).toEqual([name, described(theirs.graph)]);
    }
    await effects.end();
  });

  it("compute what ONNX Runtime computes, defaults and passed inputs included", async () => {
    const effects = await runEffects();
    const runtime = await loadRuntime(effects);
    for (const name of cases.values) {
      const { inputs, outputs } = valuesOf(name);
      const network = toNetwork(await readModel(join(folder, `${name}.onnx`), effects.files));
      expect(network.functions).toEqual([]);
      const session = await openSession(runtime, effects, network, name);
      const results = await session.run(new Map(Object.entries(inputs).map(([input, saved]) => [input, tensorOf(input, saved)])));
      await session.release();
      for (const [output, { data }] of Object.entries(outputs)) {
        const ours = Array.from<number | bigint>(results.get(output)?.data ?? []);
        const differences = ours.map((value, i) => Math.abs(Number(value) - (data[i] ?? Number.NaN)));
        expect([name, output, differences.length]).toEqual([name, output, data.length]);
        expect([name, output, Math.max(...differences) <= 1e-6]).toEqual([name, output, true]);
      }
    }
    await effects.end();
  });
});

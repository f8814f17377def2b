/** Networks as TensorRT 10.15.1 parsed them (test/fixtures/tensorrt-10.15.1): which layers can be raised and which tensors marked. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { canRaise, keptLayers, layersOfUnits, markable, onnxNodes } from "../../../../src/lanes/tensorrt/layer-map.ts";
import { readModelFacts } from "../../../../src/lanes/tensorrt/model-facts.ts";
import { type NetworkFacts, type NetworkTensor, networkSchema } from "../../../../src/lanes/tensorrt/protocol.ts";
import { runEffects } from "../../../fakes/run-effects.ts";
import { classifier } from "../../../fakes/simulate-job.ts";

const networks = ["weak", "typed-qdq"] as const;
type Name = (typeof networks)[number];
const textOf = (name: Name) =>
  readFile(join(import.meta.dirname, `../../../fixtures/tensorrt-10.15.1/${name}.network.json`), "utf8").then(JSON.parse);
const networkOf = async (name: Name): Promise<NetworkFacts> => networkSchema.parse(await textOf(name));

/** The float model that both networks come from. */
async function classifierFacts() {
  const effects = await runEffects();
  onTestFinished(() => effects.end());
  const shape = [1, 3, 48, 192];
  return readModelFacts(classifier, new Map([["x", { min: shape, opt: shape, max: shape }]]), effects.files);
}

const outputsOf = (facts: NetworkFacts, type?: string): NetworkTensor[] =>
  facts.layers.filter((layer) => type === undefined || layer.type === type).flatMap(({ outputs }) => outputs.flatMap((one) => one ?? []));
const typesOf = (facts: NetworkFacts, type: string) => outputsOf(facts, type).map(({ dtype }) => dtype);

describe.each(networks)("the %s classifier of TensorRT 10.15.1", (name) => {
  it("fits the schema, with nothing that the schema does not know", async () => {
    const json = await textOf(name);
    expect(networkSchema.parse(json)).toEqual(json);
  });

  it("has ONNX's inputs and outputs, in float", async () => {
    const { inputs, outputs } = await networkOf(name);
    expect(inputs).toMatchObject([{ name: "x", dtype: "FLOAT", shape: [-1, 3, -1, -1] }]);
    expect(outputs).toMatchObject([{ name: "softmax_0.tmp_0", dtype: "FLOAT", shape: [-1, 2] }]);
  });

  it("never lets a shape be marked, nor a layer that computes one be raised", async () => {
    const facts = await networkOf(name);
    const shapes = outputsOf(facts).filter(({ isShape }) => isShape);
    expect(shapes.length).toBeGreaterThan(10);
    const marks = new Set(markable(facts.layers));
    expect(shapes.filter((one) => marks.has(one.name))).toEqual([]);
    const raised = facts.layers.filter(canRaise);
    expect(raised.length).toBeGreaterThan(54);
    expect(raised.filter((layer) => layer.firstInputIsShape || layer.outputs.some((one) => one?.isShape !== false))).toEqual([]);
  });

  it("lets every unit's output be marked", async () => {
    const { units } = await classifierFacts();
    const marks = new Set(markable((await networkOf(name)).layers));
    expect(units).toHaveLength(54);
    expect(units.map(({ output }) => output).filter((output) => !marks.has(output))).toEqual([]);
  });
});

describe("the weakly typed classifier", () => {
  it("has layers to raise for every one of the 54 units, each layer for one unit only", async () => {
    const { units } = await classifierFacts();
    const { layers } = await networkOf("weak");
    const ofUnits = layersOfUnits(units, layers);
    const raisedFor = (id: string) => keptLayers(new Set([id]), ofUnits, "float16").layers.map(([index]) => index);
    expect(units).toHaveLength(54);
    expect(units.map(({ id }) => id).filter((id) => raisedFor(id).length === 0)).toEqual([]);
    const raised = units.flatMap(({ id }) => raisedFor(id));
    expect(new Set(raised).size).toBe(raised.length);
    // As the check on that machine counted.
    expect(raised).toHaveLength(202);
  });

  it("names each node of the model in the metadata of one layer, and nothing in that of layers which the parser added", async () => {
    const { network } = await classifierFacts();
    const named = (await networkOf("weak")).layers.flatMap(({ metadata }) => onnxNodes(metadata));
    expect(named).toHaveLength(221);
    expect(named.toSorted()).toEqual(network.nodes.map(({ name }) => name).toSorted());
  });
});

describe("the strongly typed Q/DQ classifier", () => {
  it("quantises to INT8 and convolves in half precision", async () => {
    const facts = await networkOf("typed-qdq");
    expect(typesOf(facts, "QUANTIZE")).toEqual(Array(54).fill("INT8"));
    expect(typesOf(facts, "CONVOLUTION")).toEqual(Array(53).fill("HALF"));
    expect(new Set(typesOf(facts, "DEQUANTIZE"))).toEqual(new Set(["HALF"]));
  });
});

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, fromBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { realFiles } from "../../../src/effects/files.ts";
import { toHalf } from "../../../src/lanes/tensorrt/half-network.ts";
import { rawBytes, smallValues } from "../../../src/onnx/constants.ts";
import { encodeModel, insertQdq, removeUnitQdq } from "../../../src/onnx/edit.ts";
import { foldBatchNorm } from "../../../src/onnx/fold.ts";
import { SparseTensorProtoSchema, TensorProtoSchema } from "../../../src/onnx/gen/onnx-ml_pb.js";
import { DataType, floatTensor, int64Tensor, type OnnxModel } from "../../../src/onnx/model.ts";
import { type Network, toNetwork } from "../../../src/onnx/network.ts";
import { withoutQdq } from "../../../src/onnx/qdq-units.ts";
import { parseModel, readModel } from "../../../src/onnx/read.ts";
import { externalize, weightFile } from "../../../src/onnx/weight-file.ts";
import { encode, modelBytes, modelProto, node } from "../../fakes/onnx-models.ts";
import { forms } from "../../fakes/tensor-forms.ts";
import tensors from "../../fixtures/onnx-1.23/tensors.json" with { type: "json" };

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "storage-"));
});
afterAll(() => rm(folder, { recursive: true }));
const files = realFiles(undefined, { record: () => undefined });

describe("a tensor of every type, as onnx writes it", () => {
  it.each(tensors.tensors)("reads the values of $type that onnx reads", ({ type, proto, values }) => {
    const tensor = fromBinary(TensorProtoSchema, new Uint8Array(Buffer.from(proto, "base64")));
    const model = modelProto({ nodes: [node("Relu", ["x"], ["y"])], outputs: ["y"], weights: [tensor] });
    const [read] = parseModel(encode(model), "m.onnx").graph.initializer;
    expect(read && DataType[read.dataType]).toBe(type);
    expect(Array.from((read && smallValues(read)) ?? [], Number)).toEqual(values.map(number));
  });
});

const number = (text: string) => ({ True: 1, False: 0, inf: Infinity, "-inf": -Infinity, nan: Number.NaN })[text] ?? Number(text);

/** Convolution, normalisation, a clip with bounds, a reshape and a matrix product: constants of several types and ranks. */
function model(values: Float32Array) {
  let used = 0;
  const take = (name: string, shape: readonly number[]) => {
    const length = shape.reduce((product, dim) => product * dim, 1);
    used += length;
    return floatTensor(name, shape, values.slice(used - length, used));
  };
  const positive = floatTensor("var", [2], Float32Array.of(0.5, 2));
  return modelBytes({
    opset: 13,
    inputs: { x: [1, 2, 3, 3] },
    nodes: [
      node("Conv", ["x", "w", "b"], ["c"]),
      node("BatchNormalization", ["c", "gamma", "beta", "mean", "var"], ["n"]),
      node("Clip", ["n", "low"], ["r"]),
      node("Reshape", ["r", "shape"], ["f"]),
      node("MatMul", ["f", "m"], ["y"]),
    ],
    weights: [
      take("w", [2, 2, 1, 1]),
      ...["b", "gamma", "beta", "mean"].map((name) => take(name, [2])),
      positive,
      floatTensor("low", [], Float32Array.of(0)),
      int64Tensor("shape", [1, 18]),
      take("m", [18, 3]),
    ],
    outputs: ["y"],
  });
}
const count = 4 + 8 + 54;
const scales = new Map([
  ["x", 0.1],
  ["f", 0.05],
]);

const quantized = async (read: OnnxModel) => (await insertQdq(read, scales, files)).model;

/** Every edit of ours, as the network that it leaves. */
const edits: Readonly<Record<string, (read: OnnxModel) => Promise<Network>>> = {
  nothing: async (read) => toNetwork(read),
  folding: async (read) => foldBatchNorm(toNetwork(read), files),
  "inserting Q/DQ": async (read) => toNetwork(await quantized(read)),
  FP16: async (read) => toHalf(toNetwork(await quantized(read)), files),
  "weights in a file of their own": async (read) => {
    const weights = weightFile(read.folder, "test");
    const moved = await externalize(toNetwork(read), weights, files);
    await weights.write(files);
    return moved;
  },
};

async function valuesOf(network: Network): Promise<Map<string, string>> {
  const entries = [...network.constants].map(async ([name, tensor]): Promise<[string, string]> => {
    const bytes = await rawBytes(tensor, network.folder, files);
    return [name, `${DataType[tensor.dataType]} [${tensor.dims.join()}] ${Buffer.from(bytes).toString("hex")}`];
  });
  return new Map((await Promise.all(entries)).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

let written = 0;
/** Writes the model in this form and reads it as a run does. */
async function reread(bytes: Uint8Array, form: (typeof forms)[string], weights: "in-memory" | "left-in-file") {
  const { proto, beside } = form(parseModel(bytes, "m.onnx").proto);
  const own = join(folder, String(written++));
  await files.makeFolder(own);
  await writeFile(join(own, "model.onnx"), encode(proto));
  if (beside) await writeFile(join(own, "weights.bin"), beside);
  return readModel(join(own, "model.onnx"), files, { weights });
}

const drawn = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true, min: -4, max: 4 }), { minLength: count, maxLength: count });

describe.each(Object.keys(forms))("a model in the form of %s", (name) => {
  const form = forms[name] ?? ((proto) => ({ proto }));

  it.each(Object.entries(edits))("has the same bytes of values as with raw data after %s", async (_, edit) => {
    await fc.assert(
      fc.asyncProperty(drawn, fc.constantFrom("in-memory" as const, "left-in-file" as const), async (values, weights) => {
        const bytes = model(Float32Array.from(values));
        const expected = await valuesOf(await edit(parseModel(bytes, "m.onnx")));
        expect(await valuesOf(await edit(await reread(bytes, form, weights)))).toEqual(expected);
      }),
      { numRuns: 10 },
    );
  });

  it("gives a Q/DQ model that we made the same values, and the same again without the Q/DQ of one unit", async () => {
    await fc.assert(
      fc.asyncProperty(drawn, async (values) => {
        const float = model(Float32Array.from(values));
        const bytes = encodeModel(await quantized(parseModel(float, "m.onnx")));
        const read = () => reread(bytes, form, "in-memory");
        const whole = toNetwork(parseModel(bytes, "m.onnx"));
        expect(await valuesOf(toNetwork(await read()))).toEqual(await valuesOf(whole));
        expect(await valuesOf(withoutQdq(toNetwork(await read())))).toEqual(await valuesOf(withoutQdq(whole)));
        const without = async (model: OnnxModel) =>
          valuesOf(toNetwork(parseModel(encodeModel(await removeUnitQdq(model, ["Conv:n"], files)), "m.onnx")));
        expect(await without(await read())).toEqual(await without(parseModel(bytes, "m.onnx")));
      }),
      { numRuns: 5 },
    );
  });
});

describe("a sparse initializer that is no tensor", () => {
  const sparse = (places: readonly number[], dims: readonly bigint[]) => {
    const proto = modelProto({ nodes: [node("Add", ["x", "s"], ["y"])], outputs: ["y"] });
    const values = floatTensor("s", [2], Float32Array.of(1, 2));
    proto.graph?.sparseInitializer.push(create(SparseTensorProtoSchema, { values, indices: int64Tensor("", places), dims: [...dims] }));
    return () => parseModel(encode(proto), "m.onnx");
  };

  it("is refused for a place outside, for places that are too few and for a size that no machine has", () => {
    expect(sparse([0, 4], [1n, 4n])).toThrow(/'s' of m.onnx has a value at place 4 of 4/);
    expect(sparse([0], [1n, 4n])).toThrow(/has 2 values and 1 places/);
    expect(sparse([0, 1], [1n << 40n])).toThrow(/needs 4398046511104 bytes when dense/);
  });

  it("is read where nothing is wrong", () => {
    expect(Array.from(smallValues(sparse([1, 3], [1n, 4n])().graph.initializer[0] as never) ?? [])).toEqual([0, 1, 0, 2]);
  });
});

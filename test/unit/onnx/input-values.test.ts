import { describe, expect, it } from "vitest";
import { inputValues } from "../../../src/onnx/input-values.ts";
import { DataType, int64Tensor, intAttr, type ModelProto, type NodeProto, type TensorProto, withFields } from "../../../src/onnx/model.ts";
import { modelProto, node, weight } from "../../fakes/onnx-models.ts";

interface Parts {
  readonly nodes: readonly NodeProto[];
  readonly weights?: readonly TensorProto[];
  readonly inputs: Readonly<Record<string, readonly (number | string)[]>>;
  readonly type?: number;
}
const valuesOf = ({ nodes, weights = [], inputs, type = DataType.INT64 }: Parts) => {
  const { graph }: ModelProto = modelProto({ nodes, weights, inputs, inputType: type, outputs: ["y"] });
  if (graph === undefined) throw new Error("no graph");
  return Object.fromEntries(inputValues({ graph }));
};

describe("the inputs of a transformer", () => {
  it("are ids below the rows of their table, a mask of ones, types of zeros and counted positions", () => {
    const values = valuesOf({
      inputs: { input_ids: [1, "n"], attention_mask: [1, "n"], token_type_ids: [1, "n"], position_ids: [1, "n"] },
      weights: [weight("words", [30522, 4]), weight("types", [2, 4]), weight("places", [512, 4])],
      nodes: [
        node("Gather", ["words", "input_ids"], ["w"]),
        node("Gather", ["types", "token_type_ids"], ["t"]),
        node("Gather", ["places", "position_ids"], ["p"]),
        node("Cast", ["attention_mask"], ["m"]),
        node("Sum", ["w", "t", "p"], ["y"]),
      ],
    });
    expect(values).toEqual({
      input_ids: { kind: "below", limit: 30522 },
      attention_mask: { kind: "constant", value: 1 },
      token_type_ids: { kind: "constant", value: 0 },
      position_ids: { kind: "positions" },
    });
  });

  it("are followed through casts and reshapes, to quantised tables, and the smallest table counts", () => {
    const values = valuesOf({
      inputs: { ids: [1, 8] },
      weights: [weight("small", [50, 4]), weight("stored", [80, 4]), weight("s", [1]), int64Tensor("shape", [8])],
      nodes: [
        node("Cast", ["ids"], ["c"]),
        node("Reshape", ["c", "shape"], ["r"]),
        node("DequantizeLinear", ["stored", "s"], ["table"]),
        node("Gather", ["table", "r"], ["a"]),
        node("Gather", ["small", "r"], ["b"]),
        node("Add", ["a", "b"], ["y"]),
      ],
    });
    expect(values).toEqual({ ids: { kind: "below", limit: 50 } });
  });
});

describe("other inputs of whole numbers", () => {
  it("picked along another axis stay below its size", () => {
    const gather = withFields(node("Gather", ["table", "k"], ["y"]), { attribute: [intAttr("axis", 1)] });
    expect(valuesOf({ inputs: { k: [3] }, weights: [weight("table", [7, 9])], nodes: [gather] })).toEqual({
      k: { kind: "below", limit: 9 },
    });
  });

  it("that are one-hot coded stay below the depth", () => {
    const nodes = [node("OneHot", ["bytes", "depth", "onoff"], ["y"])];
    expect(
      valuesOf({ inputs: { bytes: [1, 64] }, type: DataType.INT32, weights: [int64Tensor("depth", [257]), weight("onoff", [2])], nodes }),
    ).toEqual({
      bytes: { kind: "below", limit: 257 },
    });
  });

  it("that choose between cases take one that there is", () => {
    expect(
      valuesOf({ inputs: { sr: [] }, weights: [int64Tensor("rate", [16000])], nodes: [node("Equal", ["sr", "rate"], ["y"])] }),
    ).toEqual({
      sr: { kind: "constant", value: 16000 },
    });
  });

  it("that nothing tells of are 0 or 1, pictures of bytes 0 to 255", () => {
    expect(valuesOf({ inputs: { flags: [1, 4] }, nodes: [node("Identity", ["flags"], ["y"])] })).toEqual({
      flags: { kind: "below", limit: 2 },
    });
    expect(valuesOf({ inputs: { image: [1, 3, 8, 8] }, type: DataType.UINT8, nodes: [node("Identity", ["image"], ["y"])] })).toEqual({
      image: { kind: "below", limit: 256 },
    });
  });
});

it("says nothing of quantities", () => {
  expect(valuesOf({ inputs: { x: [1, 4], mask_image: [1, 1, 8, 8] }, type: DataType.FLOAT, nodes: [node("Relu", ["x"], ["y"])] })).toEqual(
    {},
  );
});

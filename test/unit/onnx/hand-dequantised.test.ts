import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { TensorProtoSchema } from "../../../src/onnx/gen/onnx-ml_pb.js";
import { nodesOfHandDequantised } from "../../../src/onnx/hand-dequantised.ts";
import { DataType, intAttr, makeNode, type NodeProto, type TensorProto } from "../../../src/onnx/model.ts";
import { toNetwork } from "../../../src/onnx/network.ts";
import { qdqUnits } from "../../../src/onnx/qdq-units.ts";
import { parseModel } from "../../../src/onnx/read.ts";
import { weightCaveats } from "../../../src/prepare/qdq-caveats.ts";
import { modelBytes, node, weight } from "../../fakes/onnx-models.ts";

const integers = (dataType: number, bytes = 16): TensorProto =>
  create(TensorProtoSchema, { name: "q", dims: [4n, 4n], dataType, rawData: Uint8Array.from({ length: bytes }, (_, i) => i) });
const cast: NodeProto = makeNode({ opType: "Cast", input: ["q"], output: ["f"], attribute: [intAttr("to", DataType.FLOAT)] });
const network = (nodes: readonly NodeProto[], stored = integers(DataType.INT8)) =>
  toNetwork(
    parseModel(modelBytes({ nodes, weights: [stored, weight("s", [1, 4]), weight("z", [1])], outputs: ["y"], opset: 21 }), "m.onnx"),
  );

const scaled = [cast, node("Sub", ["f", "z"], ["c"]), node("Mul", ["c", "s"], ["w"])];
const product = node("MatMul", ["x", "w"], ["y"], "product");

it("weights that Cast and Mul make floats are rounded ones, with a zero point and moved as well, and half a byte wide", () => {
  expect(nodesOfHandDequantised(network([...scaled, product]))).toEqual(["product"]);
  expect(nodesOfHandDequantised(network([...scaled, product], integers(DataType.UINT4, 8)))).toEqual(["product"]);
  const moved = [...scaled, node("Transpose", ["w"], ["t"]), node("MatMul", ["x", "t"], ["y"], "product")];
  expect(nodesOfHandDequantised(network(moved))).toEqual(["product"]);
  expect(weightCaveats(network(moved)).map(({ reason }) => reason)).toEqual(["weight-error-unseen"]);
});

it("a mask, whole numbers without a scale and wide integers are none", () => {
  expect(nodesOfHandDequantised(network([...scaled, node("Add", ["x", "w"], ["y"], "mask")]))).toEqual([]);
  expect(nodesOfHandDequantised(network([cast, node("MatMul", ["x", "f"], ["y"], "product")]))).toEqual([]);
  expect(weightCaveats(network([...scaled, product], integers(DataType.INT64, 128)))).toEqual([]);
});

it("in a Q/DQ model they count beside those behind DequantizeLinear", () => {
  const pair = [node("QuantizeLinear", ["x", "z"], ["xq"]), node("DequantizeLinear", ["xq", "z"], ["xd"])];
  const found = qdqUnits(network([...pair, ...scaled, node("MatMul", ["xd", "w"], ["y"], "product")]), undefined);
  expect(found.roundedWeights).toEqual(["product"]);
});

/**
 * Lets go of a parsed file's bytes: large weights become references into the file they came from, everything small is copied.
 * A model that is only looked at, or whose weights are read one by one, then takes kilobytes instead of its size.
 */
import { create } from "@bufbuild/protobuf";
import { externalEntry, isExternal } from "./constants.ts";
import { allTensors } from "./external.ts";
import { StringStringEntryProtoSchema } from "./gen/onnx-ml_pb.js";
import {
  type AttributeProto,
  DataLocation,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  subgraphs,
  type TensorProto,
} from "./model.ts";

const largeBytes = 4096;

/** `proto` was parsed from `bytes`, which are the file `fileName` beside the model. Changes `proto`. */
export function leaveWeights(proto: ModelProto, bytes: Uint8Array, fileName: string): void {
  for (const tensor of allTensors(proto)) {
    const { buffer, byteOffset, length } = tensor.rawData;
    // Values of typed fields and sparse pairs were copied when the file was read: they lie nowhere in it as they are.
    if (buffer !== bytes.buffer) continue;
    if (length <= largeBytes) {
      copyBytes(tensor);
      continue;
    }
    const entries = { location: fileName, offset: String(byteOffset - bytes.byteOffset), length: String(length) };
    tensor.externalData = Object.entries(entries).map(([key, value]) => create(StringStringEntryProtoSchema, { key, value }));
    tensor.dataLocation = DataLocation.EXTERNAL;
    tensor.rawData = new Uint8Array(0);
  }
  if (proto.graph !== undefined) copyTexts(proto.graph.node);
  for (const one of proto.functions) copyTexts(one.node);
}

/** Empty bytes would count as set, and ONNX Runtime refuses a tensor of no elements that has them. */
function copyBytes(tensor: TensorProto): void {
  if (tensor.rawData.length > 0) tensor.rawData = tensor.rawData.slice();
}

/** True for a weight that still lies in the model's own file. */
export const liesInModel = (tensor: TensorProto, fileName: string): boolean =>
  isExternal(tensor) && externalEntry(tensor).location === fileName;

/** Attribute texts are views of the file as well. An empty one stays unset: ONNX Runtime refuses attributes with two kinds of values. */
function copyTexts(nodes: readonly NodeProto[]): void {
  for (const node of nodes) {
    for (const attribute of node.attribute) copyText(attribute);
    for (const graph of subgraphs(node)) copyTexts((graph satisfies GraphProto).node);
  }
}

function copyText(attribute: AttributeProto): void {
  if (attribute.s.length > 0) attribute.s = attribute.s.slice();
  attribute.strings = attribute.strings.map((text) => text.slice());
}

/** Which operators ONNX Runtime cannot have: TensorRT plugins and custom ones, told by their names before anything is loaded. */
import { type NodeProto, nodeLabel, subgraphs } from "./model.ts";
import { mlHistory, standardHistory } from "./operator-history.ts";
import { isBlockQuantize, isDequantize, isQuantize } from "./qdq.ts";

export interface ForeignOperator {
  readonly opType: string;
  readonly domain: string;
  /** The first node of the kind, as it is called to people. */
  readonly node: string;
}

/** Domains whose operators ONNX Runtime brings; which of them is decided by its build. */
const ownDomains: ReadonlySet<string> = new Set([
  ...["com.microsoft", "com.microsoft.nchwc", "com.ms.internal.nhwc", "ai.onnx.preview", "ai.onnx.preview.training", "ai.onnx.training"],
]);

/** Each kind once, in order of appearance, those in bodies included. Empty where every operator is one of ONNX, of ONNX Runtime, or a Q/DQ operator of TensorRT that is read as such. */
export function foreignOperators(nodes: readonly NodeProto[]): ForeignOperator[] {
  const found = new Map<string, ForeignOperator>();
  const visit = (node: NodeProto) => {
    const { opType, domain } = node;
    if (!isKnown(node) && !isReadAnew(node) && !found.has(`${domain}::${opType}`))
      found.set(`${domain}::${opType}`, { opType, domain, node: nodeLabel(node) });
    for (const graph of subgraphs(node)) graph.node.forEach(visit);
  };
  nodes.forEach(visit);
  return [...found.values()];
}

const isReadAnew = (node: NodeProto): boolean => isQuantize(node) || isDequantize(node) || isBlockQuantize(node);

function isKnown({ opType, domain }: NodeProto): boolean {
  if (domain === "" || domain === "ai.onnx") return Object.hasOwn(standardHistory, opType) || older.has(opType);
  if (domain === "ai.onnx.ml") return Object.hasOwn(mlHistory, opType);
  return ownDomains.has(domain);
}

/** Of the standard domain in early files; ONNX Runtime still has them. */
const older: ReadonlySet<string> = new Set([
  "Affine",
  "Crop",
  "DynamicSlice",
  "ImageScaler",
  "ParametricSoftplus",
  "ScaledTanh",
  "ThresholdedRelu",
]);

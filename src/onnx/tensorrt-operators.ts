/**
 * Operators of other domains than ONNX's own that TensorRT's parser has no importer for, and looks for a plugin of that name instead.
 * The parser goes by the operator's name and not by its domain (onnx-tensorrt, `importFallbackPluginImporter`), so that a `com.microsoft` operator is taken where
 * the standard domain has one of that name. Which operators of the standard domain it lacks differs from version to version, and only a builder can say it.
 */
import { type NodeProto, nodeLabel, subgraphs } from "./model.ts";
import { standardHistory } from "./operator-history.ts";
import { isQOperator } from "./qoperators.ts";

export interface UnknownOperator {
  readonly domain: string;
  readonly opType: string;
  /** In bodies too. */
  readonly nodes: number;
  /** Label of the first. */
  readonly first: string;
}

/** Of ONNX Runtime's: importers of TensorRT for RTX 1.7.1 (`OnnxParser.supports_operator`), and CropAndResize, which TensorRT's plugin library has. */
const taken: ReadonlySet<string> = new Set([
  ...[
    "GroupQueryAttention",
    "MatMulNBits",
    "MultiHeadAttention",
    "QMoE",
    "SimplifiedLayerNormalization",
    "SkipSimplifiedLayerNormalization",
  ],
  "CropAndResize",
]);

function isUnknown(node: NodeProto): boolean {
  const { domain, opType } = node;
  if (domain === "ai.onnx.ml") return true;
  return domain === "com.microsoft" && !Object.hasOwn(standardHistory, opType) && !taken.has(opType) && !isQOperator(node);
}

/** Each operator once, in order of appearance; empty where none is known to be missing. Quantised operators are told by tensorrt-refusals.ts. */
export function unknownOperators(nodes: readonly NodeProto[]): UnknownOperator[] {
  const found = new Map<string, UnknownOperator>();
  const visit = (node: NodeProto) => {
    if (isUnknown(node)) {
      const { domain, opType } = node;
      const known = found.get(`${domain} ${opType}`) ?? { domain, opType, nodes: 0, first: nodeLabel(node) };
      found.set(`${domain} ${opType}`, { ...known, nodes: known.nodes + 1 });
    }
    for (const graph of subgraphs(node)) graph.node.forEach(visit);
  };
  nodes.forEach(visit);
  return [...found.values()];
}

/**
 * What each reader of a quantised tensor would read in float: the tensor before its Q/DQ pair, with the activation that the pair replaced and the casts
 * around it. Says what would be read; which nodes do read it is qdq-units.ts.
 */

import { floatToHalf } from "../model/half.ts";
import { guessedTypes } from "./element-types.ts";
import {
  DataType,
  floatTensor,
  intAttr,
  intAttribute,
  isStandard,
  makeNode,
  type NodeProto,
  nodeLabel,
  type TensorProto,
} from "./model.ts";
import { type Network, producers } from "./network.ts";
import { isDequantize, isDynamicPair, isDynamicQuantize, isPair, isQuantize } from "./qdq.ts";
import { removedActivations } from "./removed-activation.ts";
import { networkNames } from "./unique-names.ts";

export interface FloatView {
  /** The float tensor behind `name`; `name` itself where it is no end of a pair. */
  source(name: string): string;
  /** Casts that only carry a pair's result on in another float type: they stay where their readers stay quantised. */
  isCarrier(node: NodeProto): boolean;
  /** What `source` names and the network does not have. */
  added(): { readonly nodes: readonly NodeProto[]; readonly constants: ReadonlyMap<string, TensorProto> };
  /** Labels of the nodes behind which an activation was put back, in topological order. */
  putBack(): readonly string[];
  /** A name that neither the network nor this view uses yet. */
  fresh(wanted: string): string;
}

const floatTypes: ReadonlySet<number> = new Set([DataType.FLOAT, DataType.FLOAT16, DataType.BFLOAT16, DataType.DOUBLE]);

/** `float`: the float model that the network was made from, where it is known. */
export function floatView(network: Network, float: Network | undefined): FloatView {
  const makers = producers(network.nodes);
  const removed = removedActivations(network, float);
  const fresh = networkNames(network);
  const types = guessedTypes(network);
  const sources = new Map<string, string>();
  const activated = new Map<NodeProto, string>();
  const nodes: NodeProto[] = [];
  const constants = new Map<string, TensorProto>();
  const changed = new Set<NodeProto>();

  const isCarrier = (node: NodeProto): boolean =>
    node.opType === "Cast" &&
    isStandard(node) &&
    floatTypes.has(intAttribute(node, "to", 0)) &&
    source(node.input[0] ?? "") !== node.input[0];

  /** The farthest first: a chain may be longer than the stack is deep. A cycle cannot be: the graph was checked. */
  const source = (name: string): string => {
    const chain: string[] = [];
    for (let at: string | undefined = name; at !== undefined && !sources.has(at); at = behind(at)) chain.push(at);
    for (const one of chain.toReversed()) sources.set(one, find(one) ?? one);
    return sources.get(name) ?? name;
  };

  /** The tensor whose source `find` asks for. */
  const behind = (name: string): string | undefined => {
    const maker = makers.get(name);
    const before = maker !== undefined && isDequantize(maker) ? makers.get(maker.input[0] ?? "") : maker;
    const passes = before !== undefined && (before === maker ? before.opType === "Cast" : isQuantize(before) || isDynamicQuantize(before));
    return passes ? before.input[0] : undefined;
  };

  const find = (name: string): string | undefined => {
    const maker = makers.get(name);
    if (maker === undefined) return undefined;
    if (isDequantize(maker)) return beforePair(maker);
    return isCarrier(maker) ? castOf(maker) : undefined;
  };

  const beforePair = (dequantize: NodeProto): string | undefined => {
    const quantize = makers.get(dequantize.input[0] ?? "");
    if (quantize !== undefined && isDynamicPair({ makers, constants: network.constants }, quantize, dequantize))
      return source(quantize.input[0] ?? "");
    if (quantize === undefined || !isQuantize(quantize) || !isPair(network.constants, quantize, dequantize)) return undefined;
    const before = source(quantize.input[0] ?? "");
    return withActivation(quantize, before);
  };

  const withActivation = (quantize: NodeProto, before: string): string => {
    const known = activated.get(quantize);
    if (known !== undefined) return known;
    const activation = removed(quantize);
    const output = activation === undefined ? before : fresh(`${before}:activation`);
    if (activation !== undefined) {
      const maker = makers.get(quantize.input[0] ?? "");
      if (maker !== undefined) changed.add(maker);
      const type = network.constants.get(quantize.input[1] ?? "")?.dataType ?? DataType.FLOAT;
      const bound = (value: number, what: string) => {
        if (!Number.isFinite(value)) return "";
        const constant = scalar(fresh(`${output}:${what}`), value, type);
        constants.set(constant.name, constant);
        return constant.name;
      };
      const isRelu = activation.low === 0 && activation.high === Number.POSITIVE_INFINITY;
      const input = isRelu ? [before] : [before, bound(activation.low, "low"), bound(activation.high, "high")];
      nodes.push(makeNode({ opType: isRelu ? "Relu" : "Clip", name: output, input, output: [output] }));
    }
    activated.set(quantize, output);
    return output;
  };

  /** What has the type already needs no Cast: of half precision to itself ONNX Runtime (1.30) refuses one. */
  const castOf = (cast: NodeProto): string => {
    const before = source(cast.input[0] ?? "");
    const to = intAttribute(cast, "to", DataType.FLOAT);
    if (types.get(before) === to) return before;
    const output = fresh(`${cast.output[0] ?? ""}:float`);
    nodes.push(makeNode({ opType: "Cast", name: output, input: [before], output: [output], attribute: [intAttr("to", to)] }));
    return output;
  };

  return {
    source,
    isCarrier,
    added: () => ({ nodes, constants }),
    putBack: () => network.nodes.filter((node) => changed.has(node)).map(nodeLabel),
    fresh,
  };
}

function scalar(name: string, value: number, dataType: number): TensorProto {
  const single = floatTensor(name, [], Float32Array.of(value));
  if (dataType !== DataType.FLOAT16) return single;
  single.dataType = DataType.FLOAT16;
  single.rawData = new Uint8Array(Uint16Array.of(floatToHalf(value)).buffer);
  return single;
}

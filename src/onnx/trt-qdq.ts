/** The Q/DQ operators that ModelOpt and TensorRT write in their own domain, as ones that ONNX Runtime has and that compute the same. FP4 weights become FP8, which holds all their values. */
import { create } from "@bufbuild/protobuf";
import type { Files } from "../effects/effects.ts";
import { ConfigError } from "../effects/failure.ts";
import { rawBytes } from "./constants.ts";
import { TensorProtoSchema } from "./gen/onnx-ml_pb.js";
import {
  attribute,
  castNode,
  DataType,
  floatTensor,
  intAttr,
  intAttribute,
  makeNode,
  type NodeProto,
  nodeLabel,
  rewire,
  type TensorProto,
  tensorShape,
} from "./model.ts";
import { type Network, opsetOf, producers, usedNames } from "./network.ts";
import { raiseOpset } from "./opset.ts";
import { raiseForHalfQdq } from "./opset-19.ts";
import { isBlockQuantize, isDequantize, isQuantize, quantizedFrom, quantizedType } from "./qdq.ts";
import { networkNames } from "./unique-names.ts";

const isOwn = (node: NodeProto): boolean => node.domain === "trt" && (isQuantize(node) || isDequantize(node) || isBlockQuantize(node));
/** One scale for a block of values, which ONNX Runtime has in the standard form of opset 21 alone. */
const isBlocked = (node: NodeProto): boolean => isOwn(node) && attribute(node, "block_size") !== undefined;
const hasExponents = (node: NodeProto): boolean => isOwn(node) && node.opType.startsWith("TRT_MXFP8");

/**
 * The network itself where it has none of them. FP8 is standard from opset 19 on, blocks from 21 (ConfigError where it cannot be raised); ONNX Runtime's own
 * domain has the other integers for every opset. Quantisers that find the scales of blocks stay: ONNX has none; those of MXFP8 then give scales, not exponents.
 */
export async function withoutTrtOperators(written: Network, files: Files): Promise<Network> {
  const network = await withFp4AsFp8(written, files);
  if (!network.nodes.some(isOwn)) return network;
  const raised = raisedFor(network);
  const fresh = networkNames(raised);
  const zero = create(TensorProtoSchema, {
    name: fresh("trt_gate:fp8_zero"),
    dims: [],
    dataType: DataType.FLOAT8E4M3FN,
    rawData: new Uint8Array(1),
  });
  const scales = await scalesOfExponents(raised, fresh, files);
  const work = { network: raised, makers: producers(raised.nodes), zero: zero.name, scales, fresh };
  return {
    ...raised,
    constants: new Map([...raised.constants, [zero.name, zero], ...[...scales.values()].map((tensor) => [tensor.name, tensor] as const)]),
    opsets: new Map([...raised.opsets, ["com.microsoft", 1]]),
    nodes: raised.nodes.flatMap((node) => (isOwn(node) && !isBlockQuantize(node) ? standardNodes(node, work) : [node])),
  };
}

function raisedFor(network: Network): Network {
  const blocked = network.nodes.some(isBlocked);
  const makers = producers(network.nodes);
  if (!blocked && !network.nodes.some((node) => isOwn(node) && isFp8({ network, makers }, node))) return network;
  const raised = raiseForHalfQdq(opsetOf(network) < 13 ? raiseOpset(network, 13) : network);
  if (!blocked || opsetOf(raised) >= 21) return raised;
  const changed = raised.nodes.find(({ opType }) => changedBefore21.has(opType));
  if (changed !== undefined)
    throw new ConfigError(
      `${network.file} has blocks with scales of their own, which need opset 21, and the ${changed.opType} '${nodeLabel(changed)}', which means something else there. Export the model with opset 21.`,
    );
  return { ...raised, opsets: new Map([...raised.opsets, ["", 21]]), irVersion: raised.irVersion > 10n ? raised.irVersion : 10n };
}

/** Operators that 20 or 21 defined anew; what else has a new version there takes more types. */
const changedBefore21: ReadonlySet<string> = new Set(["GridSample", "DFT", "GroupNormalization"]);

interface Work {
  readonly network: Network;
  readonly makers: ReadonlyMap<string, NodeProto>;
  /** Name of a zero point of type FLOAT8E4M3FN, which says what an FP8 node quantises to. */
  readonly zero: string;
  /** By the name of the exponents. */
  readonly scales: ReadonlyMap<string, TensorProto>;
  readonly fresh: (wanted: string) => string;
}

function isFp8({ network, makers }: Pick<Work, "network" | "makers">, node: NodeProto): boolean {
  const type = isDequantize(node) ? quantizedFrom(network.constants, makers, node) : quantizedType(network.constants, node);
  return type === DataType.FLOAT8E4M3FN;
}

function standardNodes(node: NodeProto, work: Work): NodeProto[] {
  const opType = isQuantize(node) ? "QuantizeLinear" : "DequantizeLinear";
  const { name, output } = node;
  const attributes = node.attribute.filter((one) => ["axis", "block_size", "saturate"].includes(one.name));
  if (!isFp8(work, node))
    return [
      makeNode({ opType, name, domain: isBlocked(node) ? "" : "com.microsoft", input: node.input, output, attribute: node.attribute }),
    ];
  const [data = "", scale = "", ...own] = node.input;
  // Only a quantiser has to be told its type; beside blocks ONNX Runtime takes no single zero point.
  const zeros = own.length > 0 || isDequantize(node) || isBlocked(node) ? own : [work.zero];
  if (isQuantize(node) && isBlocked(node)) attributes.push(intAttr("output_dtype", DataType.FLOAT8E4M3FN));
  const input = [data, work.scales.get(scale)?.name ?? scale, ...zeros];
  const type = intAttribute(node, "output_dtype", DataType.FLOAT);
  if (!hasExponents(node) || isQuantize(node) || type === DataType.FLOAT)
    return [makeNode({ opType, name, input, output, attribute: attributes })];
  const [last = ""] = output;
  const wide = work.fresh(`${last}:float`);
  return [makeNode({ opType, name, input, output: [wide], attribute: attributes }), castNode(wide, last, type)];
}

/** Powers of two that MXFP8 stores as bytes with a bias of 127 (E8M0; 255 is NaN), as float32. */
async function scalesOfExponents(network: Network, fresh: Work["fresh"], files: Files): Promise<Map<string, TensorProto>> {
  const found = new Map<string, TensorProto>();
  for (const node of network.nodes.filter(hasExponents)) {
    const name = node.input[1] ?? "";
    const tensor = network.constants.get(name);
    if (tensor === undefined || found.has(name) || !exponentTypes.has(tensor.dataType)) continue;
    const bytes = await rawBytes(tensor, network.folder, files);
    const values = Float32Array.from(bytes, (byte) => (byte === 255 ? Number.NaN : 2 ** (byte - 127)));
    found.set(name, floatTensor(fresh(`${name}:scale`), tensorShape(tensor), values));
  }
  return found;
}

const exponentTypes: ReadonlySet<number> = new Set([DataType.UINT8, DataType.FLOAT8E8M0]);

/** E4M3 bytes of the eight magnitudes of E2M1: 0, 0.5, 1, 1.5, 2, 3, 4, 6. */
const e4m3OfE2m1 = [0x00, 0x30, 0x38, 0x3c, 0x40, 0x44, 0x48, 0x4c] as const;

/** What is dequantised from FP4 as it is stored. A quantiser to FP4 stays: its rounding is another. */
async function withFp4AsFp8(network: Network, files: Files): Promise<Network> {
  const isFp4 = (name = "") => network.constants.get(name)?.dataType === DataType.FLOAT4E2M1;
  const reading = new Set(network.nodes.filter((node) => isDequantize(node) && isFp4(node.input[0])));
  if (reading.size === 0) return network;
  const fresh = networkNames(network);
  const made = new Map<string, TensorProto>();
  for (const name of [...reading].flatMap(({ input }) => input).filter(isFp4)) {
    const tensor = network.constants.get(name);
    if (tensor === undefined || made.has(name)) continue;
    const packed = await rawBytes(tensor, network.folder, files);
    const count = tensorShape(tensor).reduce((product, dim) => product * dim, 1);
    const rawData = Uint8Array.from({ length: count }, (_, i) => {
      const code = ((packed[i >> 1] ?? 0) >> (4 * (i & 1))) & 0xf;
      return ((code & 8) << 4) | (e4m3OfE2m1[code & 7] ?? 0);
    });
    made.set(name, create(TensorProtoSchema, { name: fresh(`${name}:fp8`), dims: tensor.dims, dataType: DataType.FLOAT8E4M3FN, rawData }));
  }
  const nodes = network.nodes.map((node) =>
    reading.has(node) ? rewire(node, { input: node.input.map((name) => made.get(name)?.name ?? name) }) : node,
  );
  const used = new Set(nodes.flatMap(usedNames));
  const others = [...network.constants].filter(([name]) => used.has(name) || !made.has(name));
  return { ...network, nodes, constants: new Map([...others, ...[...made.values()].map((tensor) => [tensor.name, tensor] as const)]) };
}

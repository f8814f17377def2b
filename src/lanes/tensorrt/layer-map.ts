/**
 * Joins ONNX nodes and network layers, and says on which layers a precision may be set.
 * The rules are those of Polygraphy's `debug precision` and trtexec's `--layerPrecisions`.
 */
import type { Unit } from "../../model/unit.ts";
import type { NetworkLayer, NetworkTensor } from "./protocol.ts";

const untouched: ReadonlySet<string> = new Set(["CONSTANT", "SHAPE", "QUANTIZE", "DEQUANTIZE", "CAST"]);
const floats: ReadonlySet<string> = new Set(["FLOAT", "HALF", "INT8"]);

/** Unit id -> layers that its nodes became, of any kind. A unit whose nodes were folded away has an empty list. */
export function layersOfUnits(units: readonly Unit[], layers: readonly NetworkLayer[]): Map<string, NetworkLayer[]> {
  const owner = new Map(units.flatMap((unit) => unit.nodes.map((node) => [node, unit.id] as const)));
  const found = new Map<string, NetworkLayer[]>(units.map((unit) => [unit.id, []]));
  for (const layer of layers) {
    const id = ownNames(layer)
      .map((name) => owner.get(name))
      .find((one) => one !== undefined);
    if (id !== undefined) found.get(id)?.push(layer);
  }
  return found;
}

/** ONNX names a layer stands for: its metadata, its own name, and `(output <tensor>)` for unnamed nodes. */
export function ownNames(layer: NetworkLayer): string[] {
  const outputs = layer.outputs.flatMap((tensor) => (tensor === null ? [] : [`(output ${tensor.name})`]));
  return [...onnxNodes(layer.metadata), layer.name, ...outputs];
}

/** `[ONNX Layer: a]U+001E[ONNX Layer: b]` -> a, b. Names may hold brackets, so the separator is split first. */
export function onnxNodes(metadata: string): string[] {
  const prefix = "[ONNX Layer: ";
  return metadata
    .split("\u001e")
    .flatMap((piece) => (piece.startsWith(prefix) && piece.endsWith("]") ? [piece.slice(prefix.length, -1)] : []));
}

/** True where setting a precision means something and cannot break the build ("cannot use precision Half for layer that computes indices"). */
export const canRaise = (layer: NetworkLayer): boolean =>
  !untouched.has(layer.type) &&
  !layer.firstInputIsShape &&
  layer.outputs.length > 0 &&
  layer.outputs.every((tensor) => tensor !== null && isActivation(tensor));

const isActivation = (tensor: NetworkTensor): boolean => tensor.isExecution && !tensor.isShape && floats.has(tensor.dtype);

/** Tensors that can be marked: activations of layers that are neither constants nor shapes, in network order. */
export const markable = (layers: readonly NetworkLayer[]): string[] =>
  layers
    .filter((layer) => !untouched.has(layer.type))
    .flatMap((layer) => layer.outputs.flatMap((tensor) => (tensor !== null && isActivation(tensor) ? [tensor.name] : [])));

export interface KeptLayers {
  readonly precision: "float16" | "float32";
  /** Layer index and the outputs whose type is set. */
  readonly layers: readonly (readonly [index: number, outputs: readonly number[]])[];
}

/** The layers on which keeping `keep` sets a precision. ToolError is the caller's when a unit has none. */
export function keptLayers(
  keep: ReadonlySet<string>,
  map: ReadonlyMap<string, readonly NetworkLayer[]>,
  precision: KeptLayers["precision"],
): KeptLayers {
  const chosen = [...keep].flatMap((id) => (map.get(id) ?? []).filter(canRaise));
  return { precision, layers: chosen.map((layer) => [layer.index, layer.outputs.map((_, i) => i)] as const) };
}

/**
 * Finds outputs that a Softmax, LogSoftmax or Sigmoid makes, so that their score can be measured too.
 * Walks back through nodes that only move values, and says on which axis of the *output* the probabilities add up.
 */

import type { ScoreSource } from "../model/output-form.ts";
import { intValues } from "./constants.ts";
import { intAttribute, intsAttribute, isStandard, type NodeProto, nodeLabel } from "./model.ts";
import { type Network, opsetOf, producers } from "./network.ts";

const movers: ReadonlySet<string> = new Set(["Reshape", "Flatten", "Transpose", "Squeeze", "Unsqueeze", "Identity", "Cast"]);
/** Take some of the values. */
const pickers: ReadonlySet<string> = new Set(["Slice", "Split", "Gather", "GatherElements", "GatherND", "Dropout"]);

/** `shapes`: of every tensor that a move changes (one run's). An output whose axis cannot be followed has no score. */
export function scoreSources(network: Network, shapes: ReadonlyMap<string, readonly number[]>): Map<string, ScoreSource> {
  const makers = producers(network.nodes);
  return new Map(
    network.outputs.flatMap(({ name }) => {
      const score = scoreOf(network, { makers, shapes }, name);
      return score === undefined ? [] : [[name, score] as const];
    }),
  );
}

interface Known {
  readonly makers: ReadonlyMap<string, NodeProto>;
  readonly shapes: ReadonlyMap<string, readonly number[]>;
}

/** Of any tensor, its axis counting there. With `picks` the way back may pick some values too: the logit of a Sigmoid's value is its own. */
export function scoreOf(network: Network, known: Known, output: string, picks?: "picks"): ScoreSource | undefined {
  const path: NodeProto[] = [];
  let node = known.makers.get(output);
  while (node !== undefined && isStandard(node) && (movers.has(node.opType) || (picks && pickers.has(node.opType)))) {
    path.unshift(node);
    node = known.makers.get(node.input[0] ?? "");
  }
  if (node === undefined || !isStandard(node)) return undefined;
  if (node.opType === "Sigmoid") return { kind: "sigmoid", node: nodeLabel(node) };
  if ((node.opType !== "Softmax" && node.opType !== "LogSoftmax") || path.some(({ opType }) => pickers.has(opType))) return undefined;
  let axis = softmaxAxis(network, node, known.shapes);
  for (const move of path) axis = axis === undefined ? undefined : movedAxis(network, move, axis, known.shapes);
  return axis === undefined ? undefined : { kind: node.opType === "Softmax" ? "softmax" : "logsoftmax", axis, node: nodeLabel(node) };
}

/**
 * Before opset 13 Softmax flattens its input to two dimensions at `axis` (default 1): its sum runs over all axes from there on.
 * That equals one axis only where the others have size 1. From 13 on it is the one axis (default the last).
 */
function softmaxAxis(network: Network, node: NodeProto, shapes: Known["shapes"]): number | undefined {
  const shape = shapes.get(node.output[0] ?? "");
  const flattens = opsetOf(network) < 13;
  const written = intAttribute(node, "axis", flattens ? 1 : -1);
  if (shape === undefined) return undefined;
  const axis = written < 0 ? written + shape.length : written;
  if (!flattens) return axis;
  const wide = shape.flatMap((dim, i) => (i >= axis && dim > 1 ? [i] : []));
  return wide.length > 1 ? undefined : (wide[0] ?? axis);
}

function movedAxis(network: Network, move: NodeProto, axis: number, shapes: Known["shapes"]): number | undefined {
  const from = shapes.get(move.input[0] ?? "");
  const to = shapes.get(move.output[0] ?? "");
  switch (move.opType) {
    case "Identity":
    case "Cast":
      return axis;
    case "Transpose": {
      const perm = intsAttribute(move, "perm") ?? from?.map((_, i) => from.length - 1 - i);
      const moved = perm?.indexOf(axis) ?? -1;
      return moved < 0 ? undefined : moved;
    }
    case "Squeeze": {
      if (from === undefined) return undefined;
      const gone = axesOf(network, move, from.length) ?? from.flatMap((dim, i) => (dim === 1 ? [i] : []));
      return gone.includes(axis) ? undefined : axis - gone.filter((one) => one < axis).length;
    }
    case "Unsqueeze": {
      if (to === undefined) return undefined;
      const added = axesOf(network, move, to.length);
      return added === undefined ? undefined : to.map((_, i) => i).filter((i) => !added.includes(i))[axis];
    }
    default:
      return from === undefined || to === undefined ? undefined : reshapedAxis(from, to, axis);
  }
}

/** From the attribute (before opset 13) or the second input. */
function axesOf(network: Network, node: NodeProto, rank: number): number[] | undefined {
  const tensor = network.constants.get(node.input[1] ?? "");
  const axes = intsAttribute(node, "axes") ?? (tensor === undefined ? undefined : intValues(tensor));
  return axes?.map((axis) => (axis < 0 ? axis + rank : axis));
}

/** Row-major positions stay: the axis survives where one of the new axes has its size and as many values behind it. */
function reshapedAxis(from: readonly number[], to: readonly number[], axis: number): number | undefined {
  const behind = (shape: readonly number[], i: number) => shape.slice(i + 1).reduce((product, dim) => product * dim, 1);
  const found = to.findIndex((dim, i) => dim === from[axis] && behind(to, i) === behind(from, axis));
  return found < 0 ? undefined : found;
}

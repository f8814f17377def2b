/** What the commands around caches say of compute nodes that they do not reach. */
import { bodyProducts } from "../onnx/bodies.ts";
import { computeOfFloatKinds } from "../onnx/body-coverage.ts";
import type { OnnxModel } from "../onnx/model.ts";
import { type Network, toNetwork } from "../onnx/network.ts";

/** Empty where units are all of the compute. `name`: the model as the user named it. */
export function bodyWarnings(model: OnnxModel, name: string): string[] {
  const network = toNetwork(model);
  return [...inBodies(network, name), ...ofFloatKinds(network, name)];
}

function ofFloatKinds(network: Network, name: string): string[] {
  const kinds = computeOfFloatKinds(network);
  const [first] = kinds;
  return first === undefined
    ? []
    : [
        `The gate puts no Q/DQ around ${kinds.length} compute nodes of ${name} whose kinds it does not quantise (first: ${first}): they run in float.`,
      ];
}

function inBodies(network: Network, name: string): string[] {
  const products = bodyProducts(network);
  const [first] = products;
  if (first === undefined) return [];
  return [
    `No file that the gate writes has Q/DQ for compute nodes of ${name} inside bodies of If, Loop or Scan (first of ${products.length}: ${first.label}): they run in float there, and a search cannot keep them.`,
  ];
}

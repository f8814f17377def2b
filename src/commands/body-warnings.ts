/** What the commands around caches say of compute nodes that they do not reach. */
import { bodyProducts } from "../onnx/bodies.ts";
import type { OnnxModel } from "../onnx/model.ts";
import { toNetwork } from "../onnx/network.ts";

/** Empty where no body of If, Loop or Scan holds a compute node. `name`: the model as the user named it. */
export function bodyWarnings(model: OnnxModel, name: string): string[] {
  const products = bodyProducts(toNetwork(model));
  const [first] = products;
  if (first === undefined) return [];
  return [
    `${products.length} compute nodes of ${name} lie inside bodies of If, Loop or Scan (first: ${first.label}): they get no Q/DQ in any file that the gate writes, and run in float there; a search cannot keep them.`,
  ];
}

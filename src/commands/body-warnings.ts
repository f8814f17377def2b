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
    `No file that the gate writes has Q/DQ for compute nodes of ${name} inside bodies of If, Loop or Scan (first of ${products.length}: ${first.label}): they run in float there, and a search cannot keep them.`,
  ];
}

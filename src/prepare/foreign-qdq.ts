/** Tells a Q/DQ model that is given for a float model from one of another model, before either runs. What the outputs say is left to their comparison. */
import { ConfigError } from "../effects/failure.ts";
import type { Network } from "../onnx/network.ts";

type Inputs = Pick<Network, "inputs">;

/** Sizes behind the first axis, undefined where they are open; undefined as a whole where the model gives no shape. */
function sizesOf(input: Network["inputs"][number]): readonly (number | undefined)[] | undefined {
  const type = input.type?.value;
  if (type?.case !== "tensorType" || type.value.shape === undefined) return undefined;
  return type.value.shape.dim
    .slice(1)
    .map(({ value }) => (value.case === "dimValue" && value.value > 0n ? Number(value.value) : undefined));
}

function differ(a: ReturnType<typeof sizesOf>, b: ReturnType<typeof sizesOf>): boolean {
  if (a === undefined || b === undefined) return false;
  return a.length !== b.length || a.some((size, axis) => size !== undefined && b[axis] !== undefined && size !== b[axis]);
}

const listed = (inputs: Network["inputs"]): string =>
  inputs
    .map((input) => `${JSON.stringify(input.name)} [${["?", ...(sizesOf(input) ?? ["…"]).map((size) => size ?? "?")].join(", ")}]`)
    .join(", ") || "none";

/**
 * ConfigError where the Q/DQ model wants an input that the model does not have, or has in another size (the first axis, most often the batch, aside): both
 * are fed the same samples. Inputs that it does without are no fault.
 */
export function refuseForeignQdq(model: Inputs, quantized: Inputs): void {
  const foreign = quantized.inputs.filter((input) => {
    const same = model.inputs.find(({ name }) => name === input.name);
    return same === undefined || differ(sizesOf(same), sizesOf(input));
  });
  if (foreign.length === 0) return;
  throw new ConfigError(
    `the Q/DQ model has the input ${listed(foreign)}, and those of the model are ${listed(model.inputs)}: it is not this model quantised. Name the Q/DQ form of this very export.`,
  );
}

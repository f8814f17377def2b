/** Tells a Q/DQ model that is given for a float model from one of another model, before either runs. What the outputs say is left to their comparison. */
import { ConfigError } from "../effects/failure.ts";
import type { Network } from "../onnx/network.ts";
import { describeValue, type ModelValue } from "../onnx/types.ts";

type Inputs = Pick<Network, "inputs">;

/** Sizes behind the first axis, words where they are open; undefined as a whole where the model gives no shape. */
function sizesOf(input: Network["inputs"][number]): ModelValue["dims"] | undefined {
  const { dims, isShapeless } = describeValue(input);
  return isShapeless || input.type?.value.case !== "tensorType" ? undefined : dims.slice(1);
}

const isKnown = (size: number | string | undefined): size is number => typeof size === "number";

function differ(a: ReturnType<typeof sizesOf>, b: ReturnType<typeof sizesOf>): boolean {
  if (a === undefined || b === undefined) return false;
  return a.length !== b.length || a.some((size, axis) => isKnown(size) && isKnown(b[axis]) && size !== b[axis]);
}

const listed = (inputs: Network["inputs"]): string =>
  inputs
    .map(
      (input) =>
        `${JSON.stringify(input.name)} [${["?", ...(sizesOf(input)?.map((size) => (isKnown(size) ? size : "?")) ?? ["…"])].join(", ")}]`,
    )
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

/** Whether samples that do not fit would with their channels elsewhere: pictures are saved as NHWC, and most models take NCHW. */

/** A sentence for the end of a message, with a space before it; empty where no move of the channels makes `shape` fit. Both with axis 0 as the samples. */
export function axisHint(shape: readonly number[], fits: (shape: readonly number[]) => boolean): string {
  if (shape.length < 3) return "";
  const axes = shape.map((_, axis) => axis);
  const [first = 0, second = 1, ...others] = axes;
  const orders = [
    { order: [first, axes.length - 1, ...axes.slice(1, -1)], words: ["last", "second"] },
    { order: [first, ...others, second], words: ["second", "last"] },
  ];
  const found = orders.find(({ order }) => fits(order.map((axis) => shape[axis] ?? 0)));
  if (found === undefined) return "";
  const [from, to] = found.words;
  return ` With its ${from} axis as the ${to} one it fits: numpy's transpose(${found.order.join(", ")}).`;
}

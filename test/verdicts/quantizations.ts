/** Ways to quantise a model, right and wrong, as scales: what goes wrong in practice, made on purpose. */

export interface Quantization {
  readonly name: string;
  /** What a user would have done. */
  readonly story: string;
  /** Which committed cache it starts from. */
  readonly base: "entropy" | "minmax" | "wrong-input";
  /** New scale of the i-th of n tensors in the cache's order. */
  scale(scale: number, i: number, n: number): number;
}

const same = (scale: number): number => scale;

export const quantizations: readonly Quantization[] = [
  { name: "minmax", story: "range of the calibration samples", base: "minmax", scale: same },
  { name: "entropy", story: "entropy calibration", base: "entropy", scale: same },
  { name: "wrong-input", story: "calibrated on inputs that were never normalised", base: "wrong-input", scale: same },
  { name: "clipped", story: "every range four times too small", base: "minmax", scale: (scale) => scale / 4 },
  { name: "coarse", story: "every range eight times too large", base: "minmax", scale: (scale) => scale * 8 },
  {
    name: "first-coarse",
    story: "one outlier in the first layer's range",
    base: "minmax",
    scale: (scale, i) => (i === 0 ? scale * 48 : scale),
  },
  {
    name: "last-clipped",
    story: "the last layer's range from too few samples",
    base: "minmax",
    scale: (scale, i, n) => (i === n - 1 ? scale / 12 : scale),
  },
  {
    name: "middle-clipped",
    story: "one layer in the middle saturates",
    base: "minmax",
    scale: (scale, i, n) => (i === Math.floor(n / 2) ? scale / 24 : scale),
  },
  { name: "slightly-wide", story: "ranges a tenth too large, for safety", base: "minmax", scale: (scale) => scale * 1.1 },
];

/** A cache's text with every scale changed; names and header stay. */
export function changeScales(text: string, { scale }: Quantization): string {
  const [header = "", ...lines] = text.trimEnd().split("\n");
  const changed = lines.map((line, i) => {
    const at = line.lastIndexOf(": ");
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(Number.parseInt(line.slice(at + 2), 16));
    bytes.writeFloatBE(scale(bytes.readFloatBE(), i, lines.length));
    return `${line.slice(0, at)}: ${bytes.readUInt32BE().toString(16).padStart(8, "0")}`;
  });
  return `${[header, ...changed].join("\n")}\n`;
}

/** What a case's label is: limits applied to figures over 512 fresh samples, with a band around them in which either verdict is right. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export type Label = "good" | "bad" | "borderline";

export interface Figures {
  /** Over all fresh samples, pooled. */
  readonly sqnrDb: number;
  readonly cosine: number;
  /** SQNR in dB of single samples: smallest, then at every twentieth of them, then largest. */
  readonly samples: readonly number[];
  readonly top1: number;
  /** Without the worst hundredth of the samples. Absent: as with them. */
  readonly trimmed?: { readonly sqnrDb: number; readonly cosine: number };
}

/** Figures by output, by case. */
export type Labels = Readonly<Record<string, Readonly<Record<string, Figures>>>>;

export const labelsPath = fileURLToPath(new URL("./labels.json", import.meta.url));
export const readLabels = (): Labels => JSON.parse(readFileSync(labelsPath, "utf8"));

export interface Limits {
  readonly name: "default" | "lenient" | "strict";
  readonly sqnrDb: number;
  readonly cosine?: number;
}

/**
 * The default limits; and where the model is worth anything (6 dB or more) those of a team that knows it to be this good, and of one that wants
 * more than it has.
 */
export function limitsOf(outputs: readonly Figures[]): Limits[] {
  const worst = Math.min(...outputs.map(({ sqnrDb }) => sqnrDb));
  const plain: Limits = { name: "default", sqnrDb: 20, cosine: 0.997 };
  if (!(worst >= leastDb)) return [plain];
  return [plain, { name: "lenient", sqnrDb: Math.floor(worst - apartDb) }, { name: "strict", sqnrDb: Math.ceil(worst + apartDb) }];
}

const leastDb = 6;
const apartDb = 2.5;
/** dB of error around a limit within which a label would say more than the samples know. */
const bandDb = 1;

/** Distance to the nearest limit in dB of error: negative beyond it. */
function marginDb(figures: Figures, { sqnrDb, cosine }: Limits): number {
  const byCosine = cosine === undefined ? Number.POSITIVE_INFINITY : 10 * Math.log10((1 - cosine) / Math.max(1e-12, 1 - figures.cosine));
  return Math.min(figures.sqnrDb - sqnrDb, byCosine);
}

const shareWithin = ({ samples }: Figures, { sqnrDb }: Limits): number =>
  samples.filter((value) => value >= sqnrDb).length / samples.length;

/**
 * Bad where one output is: outputs do not make up for each other. Samples count by share: below a half the model is bad, below 0.9 arguable. What the worst
 * hundredth of the samples alone decides is arguable as well: 32 samples hold none of them in seven draws of ten, and 512 say little of how bad they are.
 */
export function labelOf(outputs: readonly Figures[], limits: Limits): Label {
  const worst = Math.min(...outputs.map((figures) => marginDb(figures, limits)));
  const share = Math.min(...outputs.map((figures) => shareWithin(figures, limits)));
  const trimmed = Math.min(...outputs.map((figures) => marginDb({ ...figures, ...figures.trimmed }, limits)));
  if (trimmed < -bandDb || share < 0.45) return "bad";
  return worst > bandDb && share >= 0.6 ? "good" : "borderline";
}

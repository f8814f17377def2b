/** Harm in the task's own terms: what a user of the model would notice. Shown beside the figures; it decides nothing. Only types and what the kinds share. */
import type { Numbers } from "../accumulate.ts";

export type TaskKind = "classification" | "segmentation" | "detection";

/** A figure that JSON can hold; `message` says all of it in a sentence or two. */
export interface Harm {
  readonly kind: TaskKind;
  readonly output: string;
  readonly message: string;
  /** Samples whose best class is another, worst first where they can be told apart, by index. */
  readonly flipped?: readonly { readonly sample: number; readonly from: number; readonly to: number }[];
  /** Mean over classes of intersection over union, and of each class that either side has. */
  readonly meanIou?: number;
  readonly classes?: readonly { readonly label: number; readonly iou: number }[];
  /** Boxes whose score is over the threshold. */
  readonly boxes?: { readonly reference: number; readonly candidate: number; readonly both: number; readonly meanIou: number | undefined };
}

export interface Sides {
  readonly reference: Numbers;
  readonly candidate: Numbers;
}

/** Position of the largest of `count` values from `start`, `stride` apart; ties go to the first. */
export function largestAt(values: Numbers, start: number, count: number, stride = 1): number {
  let best = 0;
  for (let i = 1; i < count; i++) if ((values[start + i * stride] ?? Number.NaN) > (values[start + best * stride] ?? Number.NaN)) best = i;
  return best;
}

/** Of a share 0..1, to three significant digits: `12.3 %`. */
export const percent = (share: number): string => `${Number((100 * share).toPrecision(3))} %`;

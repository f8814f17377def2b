/** Boxes of a dense detector: each place gives a box and scores of classes, and counts where its best score is over a threshold. Before any suppression. */

import { plural } from "../../model/plural.ts";
import type { Numbers } from "../accumulate.ts";
import { type Harm, largestAt, percent, type Sides } from "./task-harm.ts";

/** What detectors are mostly run with. */
const scoreThreshold = 0.25;

/** Boxes are 4 values a place, scores `classes`; both in the order of places. */
export interface Detections {
  readonly boxes: Sides;
  readonly scores: Sides;
  readonly classes: number;
}

export class DetectionHarm {
  #reference = 0;
  #candidate = 0;
  #both = 0;
  #iou = 0;

  add({ boxes, scores, classes }: Detections): void {
    const corners = areCorners(boxes.reference);
    for (let place = 0; (place + 1) * classes <= scores.reference.length; place++) {
      const inReference = best(scores.reference, place, classes) > scoreThreshold;
      const inCandidate = best(scores.candidate, place, classes) > scoreThreshold;
      if (inReference) this.#reference++;
      if (inCandidate) this.#candidate++;
      if (!inReference || !inCandidate) continue;
      this.#both++;
      this.#iou += iouOf(cornersOf(boxes.reference, place, corners), cornersOf(boxes.candidate, place, corners));
    }
  }

  harm(output: string): Harm | undefined {
    const [reference, candidate, both] = [this.#reference, this.#candidate, this.#both];
    const meanIou = both > 0 ? this.#iou / both : undefined;
    if (reference + candidate === 0)
      return {
        kind: "detection",
        output,
        message: `No box scores over ${scoreThreshold} on either side.`,
        boxes: { reference, candidate, both, meanIou },
      };
    const lost = reference - both;
    const message = `Of ${plural(reference, "box", "boxes")} that score over ${scoreThreshold} in the reference ${lost} ${lost === 1 ? "is" : "are"} lost, ${candidate - both} ${candidate - both === 1 ? "is" : "are"} new; ${meanIou === undefined ? "none is on both sides" : `mean IoU of the ${both} on both sides ${percent(meanIou)}`}.`;
    return { kind: "detection", output, message, boxes: { reference, candidate, both, meanIou } };
  }
}

const best = (scores: Numbers, place: number, classes: number): number =>
  scores[place * classes + largestAt(scores, place * classes, classes)] ?? Number.NaN;

/** Two corners where the second lies behind the first in every box, else middle and size. */
function areCorners(boxes: Numbers): boolean {
  for (let i = 0; i + 3 < boxes.length; i += 4)
    if (!((boxes[i + 2] ?? 0) >= (boxes[i] ?? 0) && (boxes[i + 3] ?? 0) >= (boxes[i + 1] ?? 0))) return false;
  return true;
}

type Box = readonly [number, number, number, number];

function cornersOf(boxes: Numbers, place: number, corners: boolean): Box {
  const [a = 0, b = 0, c = 0, d = 0] = boxes.slice(place * 4, place * 4 + 4);
  return corners ? [a, b, c, d] : [a - c / 2, b - d / 2, a + c / 2, b + d / 2];
}

function iouOf(a: Box, b: Box): number {
  const width = Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0]));
  const height = Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]));
  const area = ([x1, y1, x2, y2]: Box) => Math.max(0, x2 - x1) * Math.max(0, y2 - y1);
  const union = area(a) + area(b) - width * height;
  return union > 0 ? (width * height) / union : 1;
}

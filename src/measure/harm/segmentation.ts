/** Class maps of both sides against each other: intersection over union by class. */
import { type Harm, largestAt, percent, type Sides } from "./task-harm.ts";

const worstNamed = 5;

export class SegmentationHarm {
  readonly #both = new Map<number, number>();
  readonly #either = new Map<number, number>();

  /** Scores of classes along axis 1 of NCHW. */
  addScores(sides: Sides, shape: readonly number[]): void {
    const channels = shape[1] ?? 1;
    const plane = shape.slice(2).reduce((product, dim) => product * dim, 1);
    for (let image = 0; image < sides.reference.length; image += channels * plane)
      for (let pixel = image; pixel < image + plane; pixel++)
        this.#count(largestAt(sides.reference, pixel, channels, plane), largestAt(sides.candidate, pixel, channels, plane));
  }

  /** Class numbers. */
  addLabels({ reference, candidate }: Sides): void {
    for (let i = 0; i < reference.length; i++) this.#count(reference[i] ?? 0, candidate[i] ?? 0);
  }

  harm(output: string): Harm | undefined {
    if (this.#either.size === 0) return undefined;
    const classes = [...this.#either].map(([label, either]) => ({ label, iou: (this.#both.get(label) ?? 0) / either }));
    const worst = classes.toSorted((a, b) => a.iou - b.iou || a.label - b.label);
    const meanIou = classes.reduce((sum, { iou }) => sum + iou, 0) / classes.length;
    const named = worst
      .slice(0, worstNamed)
      .map(({ label, iou }) => `class ${label} ${percent(iou)}`)
      .join(", ");
    return {
      kind: "segmentation",
      output,
      message: `Mean IoU of the class maps of both sides ${percent(meanIou)} over ${classes.length} classes; worst: ${named}.`,
      meanIou,
      classes: worst,
    };
  }

  #count(from: number, to: number): void {
    const add = (counts: Map<number, number>, label: number) => counts.set(label, (counts.get(label) ?? 0) + 1);
    add(this.#either, from);
    if (from === to) add(this.#both, from);
    else add(this.#either, to);
  }
}

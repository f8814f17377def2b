/** Flipped samples of a classifier: those whose best class is another on the candidate's side. */

import { plural } from "../../model/plural.ts";
import { type Harm, largestAt, percent, type Sides } from "./task-harm.ts";

/** In the sentence, which stands on one line of a comment; the report has them all. */
const mostNamed = 5;

export class ClassificationHarm {
  readonly #flipped: { sample: number; from: number; to: number }[] = [];
  #rows = 0;
  #flips = 0;

  /** Class vectors along the last axis of `classes` values; with 1 the values are class numbers themselves. */
  add(sample: number, { reference, candidate }: Sides, classes: number): void {
    for (let start = 0; start + classes <= reference.length; start += classes) {
      const from = classes === 1 ? (reference[start] ?? 0) : largestAt(reference, start, classes);
      const to = classes === 1 ? (candidate[start] ?? 0) : largestAt(candidate, start, classes);
      this.#rows++;
      if (from === to) continue;
      this.#flips++;
      if (this.#flipped.at(-1)?.sample !== sample) this.#flipped.push({ sample, from, to });
    }
  }

  harm(output: string): Harm | undefined {
    if (this.#rows === 0) return undefined;
    const agree = (this.#rows - this.#flips) / this.#rows;
    const named = this.#flipped.slice(0, mostNamed).map(({ sample, from, to }) => `sample ${sample} (${from} to ${to})`);
    const more = this.#flipped.length > named.length ? `, and ${this.#flipped.length - named.length} more` : "";
    const message =
      this.#flips === 0
        ? `The best class is the same in all ${this.#rows} decisions.`
        : `The best class is the same in ${percent(agree)} of ${plural(this.#rows, "decision")}; it flipped in ${named.join(", ")}${more}.`;
    return { kind: "classification", output, message, flipped: this.#flipped };
  }
}

/** What a cut in the middle of a comment would break. */
import { expect } from "vitest";

/** No fence, fold or row is left open: what a cut in the middle would do. */
export function expectWhole(text: string): void {
  let fence = "";
  let folds = 0;
  for (const line of text.split("\n")) {
    const run = /^(`{3,})/.exec(line)?.[1];
    if (fence === "" && run) fence = run;
    else if (fence !== "" && line === fence) fence = "";
    else if (fence === "") folds += (line.match(/<details>/g)?.length ?? 0) - (line.match(/<\/details>/g)?.length ?? 0);
  }
  expect(fence).toBe("");
  expect(folds).toBe(0);
  expect(text.isWellFormed()).toBe(true);
}

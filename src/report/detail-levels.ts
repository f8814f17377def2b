/**
 * Chooses the largest rendering that fits. A rendering is made whole each time, so nothing is ever cut inside a fence, tag, row or surrogate pair.
 */

/** How much of each section is shown. */
export interface SizeLimits {
  readonly outputRows: number;
  /** Models with a section of their own. */
  readonly models: number;
  readonly layerRows: number;
  readonly nameLength: number;
  readonly messageLength: number;
  readonly adviceRows: number;
  /** Scripts in full; else their path in the artifact. */
  readonly scripts: boolean;
  readonly details: boolean;
}

export const commentCaps: readonly SizeLimits[] = [
  { outputRows: 40, models: 20, layerRows: 5, nameLength: 200, messageLength: 600, adviceRows: 4, scripts: true, details: true },
  { outputRows: 30, models: 10, layerRows: 5, nameLength: 120, messageLength: 400, adviceRows: 3, scripts: true, details: false },
  { outputRows: 20, models: 6, layerRows: 5, nameLength: 100, messageLength: 300, adviceRows: 2, scripts: false, details: false },
  { outputRows: 10, models: 2, layerRows: 3, nameLength: 80, messageLength: 200, adviceRows: 1, scripts: false, details: false },
  { outputRows: 5, models: 0, layerRows: 0, nameLength: 60, messageLength: 200, adviceRows: 0, scripts: false, details: false },
  { outputRows: 1, models: 0, layerRows: 0, nameLength: 40, messageLength: 100, adviceRows: 0, scripts: false, details: false },
  { outputRows: 0, models: 0, layerRows: 0, nameLength: 20, messageLength: 0, adviceRows: 0, scripts: false, details: false },
];

export const summaryCaps: readonly SizeLimits[] = [
  { outputRows: 1000, models: 200, layerRows: 50, nameLength: 200, messageLength: 600, adviceRows: 10, scripts: true, details: true },
  { outputRows: 300, models: 60, layerRows: 20, nameLength: 200, messageLength: 600, adviceRows: 6, scripts: true, details: true },
  ...commentCaps,
];

/** Both UTF-16 units (GitHub's text) and UTF-8 bytes (its storage) stay within `budget`. */
export const fits = (text: string, budget: number): boolean => text.length <= budget && new TextEncoder().encode(text).length <= budget;

/** The first step that fits; the smallest one, which needs about 1,500 characters, where none does. */
export function largestFitting(steps: readonly SizeLimits[], budget: number, render: (caps: SizeLimits) => string): string {
  let text = "";
  for (const caps of steps) {
    text = render(caps);
    if (fits(text, budget)) break;
  }
  return text;
}

/** Where a message about an entry of `models:` points: the line of the key that is wrong. */
import type { ModelEntry } from "./settings.ts";

type Placed = Pick<ModelEntry, "describedIn" | "place" | "lines" | "flags">;

/**
 * `file:line: ` of a key, or of the nearest block around it that is written, or `--cache: ` where a flag says it beside a configuration; empty for a model
 * that only the command line describes.
 */
export function placeWords({ describedIn, place, lines, flags }: Placed, ...keys: readonly string[]): string {
  if (describedIn === "flags") return "";
  const around = keys.map((_, n) => keys.slice(0, keys.length - n).join("."));
  const flag = around.map((key) => flags?.get(key)).find((found) => found !== undefined);
  if (flag !== undefined) return `${flag}: `;
  const line = around.map((key) => lines.get(key)).find((found) => found !== undefined);
  return `${place.file}:${line ?? place.line}: `;
}

/** Where a message about an entry of `models:` points: the line of the key that is wrong. */
import type { ModelEntry } from "./settings.ts";

type Placed = Pick<ModelEntry, "describedIn" | "place" | "lines">;

/** `file:line: ` of a key, or of the nearest block around it that is written; empty for what only the command line says. */
export function placeWords({ describedIn, place, lines }: Placed, ...keys: readonly string[]): string {
  if (describedIn === "flags") return "";
  const line = keys.map((_, n) => lines.get(keys.slice(0, keys.length - n).join("."))).find((found) => found !== undefined);
  return `${place.file}:${line ?? place.line}: `;
}

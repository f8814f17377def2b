/** `trt-gate cache diff OLD NEW`: which scales moved, the largest factor first. Exits 0: a difference is no failure. */
import { resolve } from "node:path";
import { type CacheDiff, diffCaches } from "../calibration/diff.ts";
import { openCache } from "../calibration/open-cache.ts";
import { section } from "./cache-check.ts";
import type { RunCommand } from "./command.ts";

export const diff: RunCommand = async (parsed, effects, io) => {
  const [, oldName = "", newName = ""] = parsed.positionals;
  const older = await openCache(resolve(effects.cwd, oldName), oldName, effects.files);
  const newer = await openCache(resolve(effects.cwd, newName), newName, effects.files);
  for (const { message } of [...older.problems, ...newer.problems]) effects.log.warning(message);
  const result = diffCaches(older, newer);
  io.out(parsed.has("json") ? `${JSON.stringify(result, undefined, 1)}\n` : tell(result));
  return 0;
};

function tell({ headers, moved, unchanged, added, removed }: CacheDiff): string {
  const lines = [
    ...(headers.same ? [] : [`header: ${headers.old || "none"} -> ${headers.new || "none"}`]),
    ...section(
      "Moved scales",
      moved.map(
        ({ tensor, old, new: now, ratio }) => `x${ratio.toPrecision(4)}  ${old.toPrecision(4)} -> ${now.toPrecision(4)}  ${tensor}`,
      ),
    ),
    ...section("Only in the new cache", added),
    ...section("Only in the old cache", removed),
    `${moved.length} moved, ${unchanged} unchanged, ${added.length} added, ${removed.length} removed.`,
  ];
  return `${lines.join("\n")}\n`;
}

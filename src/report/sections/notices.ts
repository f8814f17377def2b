/** Why these models were checked, and the run's notices. */

import { plural } from "../../model/plural.ts";
import type { SizeLimits } from "../detail-levels.ts";
import { code, escapeMarkdown } from "../markdown.ts";
import type { Report } from "../schema.ts";

/** One line; empty at the smallest caps. */
export function selectionLine({ selection, models }: Report, caps: SizeLimits): string {
  if (caps.messageLength === 0) return "";
  const removed = selection.removed.slice(0, 5).map((name) => code(name, caps.nameLength));
  const parts = [
    `Checked ${plural(models.filter((model) => model.status !== "removed").length, "model")} (${escapeMarkdown(selection.why, caps.messageLength)}).`,
    selection.unchanged.length === 0 ? "" : `${plural(selection.unchanged.length, "other model")} unchanged.`,
    removed.length === 0 ? "" : `Removed: ${removed.join(", ")}${selection.removed.length > 5 ? ", …" : ""}.`,
    selection.uncertain ? "What changed could not be told apart for certain, so more was checked." : "",
  ];
  return parts.filter((part) => part !== "").join(" ");
}

/** At most five; how many more there are is said. */
export function noticeList({ notices }: Report, caps: SizeLimits): string {
  if (caps.adviceRows === 0) return "";
  const shown = notices.slice(0, 5).map((notice) => `> ${escapeMarkdown(notice, caps.messageLength)}`);
  return [...shown, ...(notices.length > 5 ? [`> …and ${notices.length - 5} more notices in the report.`] : [])].join("\n>\n");
}

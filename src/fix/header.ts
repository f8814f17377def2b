/** The lines on top of every text artefact: who made it, for which model, what it keeps and why, what proves it, how to use it. */
import type { Fix, FixFormat } from "./artifact.ts";
import { commentText } from "./quote.ts";

const LISTED_UNITS = 40;

/** Comment lines for languages whose comments begin with `#`. Names are made printable; the exact ones are in the data. */
export function headerLines(fix: Fix, format: FixFormat, command: string): readonly string[] {
  const { model, kept, totalUnits, precision } = fix;
  const listed = kept.slice(0, LISTED_UNITS).map((unit) => `  ${commentText(unit.unit)}`);
  const more = kept.length > LISTED_UNITS ? [`  and ${kept.length - LISTED_UNITS} more`] : [];
  return [
    `Made by trt-gate ${commentText(fix.gateVersion)}.`,
    `Model: ${commentText(model.name)} (${commentText(model.path)})`,
    `SHA-256: ${commentText(model.sha256)}`,
    `Keeps ${kept.length} of ${totalUnits} units in ${precision}:`,
    ...listed,
    ...more,
    `Why: ${commentText(fix.why, 600)}`,
    `Verified: ${commentText(proofWords(fix, format), 600)}`,
    `Use: ${commentText(command, 2000)}`,
    ...(fix.buildWith?.note === undefined ? [] : [`Note: ${commentText(fix.buildWith.note, 600)}`]),
  ].map((line) => `# ${line}`.trimEnd());
}

/** The proof belongs to the form that was built. */
function proofWords({ proved, verified }: Fix, format: FixFormat): string {
  if (proved === undefined || proved.format === format || format === "config") return verified;
  return `not built in this form. The same units were proved as ${proved.format === "qdq" ? "fixed.qdq.onnx" : "layer precisions"}: ${verified}`;
}

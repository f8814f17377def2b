/** Units that the repository keeps in higher precision already, and how a fix gets into the pull request. */

import { plural } from "../../model/plural.ts";
import type { SizeLimits } from "../detail-levels.ts";
import { blocks, code, copyBlock, escapeMarkdown, link } from "../markdown.ts";
import type { ModelReport, Report } from "../schema.ts";
import { fixedQdqFile } from "./fix.ts";
import { type NextLinks, restoreText } from "./next.ts";

/** `kept: 2 units in float16, reviewed in calibration/cls.keep.json`; empty without any. `show` writes the file's name. */
export const keptSentence = ({ kept }: ModelReport, show = (name: string): string => name): string =>
  kept === undefined
    ? ""
    : `kept: ${plural(kept.units.length, "unit")} in ${kept.precision}, ${kept.committed === false ? "not committed yet:" : "reviewed in"} ${show(kept.file)}`;

/** One line for each model that has some. */
export function keptLines(report: Report, caps: SizeLimits): string {
  const several = report.models.length > 1;
  return report.models
    .filter(({ kept }) => kept !== undefined)
    .slice(0, Math.max(1, caps.models))
    .map(
      (model) =>
        `${several ? `${code(model.name, caps.nameLength)} ` : ""}${escapeMarkdown(keptSentence(model), caps.messageLength)}${stillFar(model, caps)}`,
    )
    .map((line) => line.replace(/^kept/, "Kept"))
    .join("\n\n");
}

/** Of a pass, whose other advice is not told. */
const stillFar = (model: ModelReport, caps: SizeLimits): string =>
  model.verdict === "pass" && restoreText(model) !== "" ? `. ${escapeMarkdown(restoreText(model), Math.max(400, caps.messageLength))}` : "";

/** Empty without kept units, and where scales quantise the model. No builder reads a keep file: what passes is the Q/DQ model without the kept units' quantisers, which is not the repository's own. */
export function shipKept({ kept, path, quantization, fix }: Pick<ModelReport, "kept" | "path" | "quantization" | "fix">): string[] {
  if (kept === undefined || quantization.algorithm !== "Q/DQ") return [];
  const own = quantization.source.endsWith(".onnx") ? quantization.source : path;
  const fixed = fixedQdqFile({ fix, quantization })?.path;
  const file = fixed === undefined ? "the model that trt-gate fix REPORT --format qdq -o FILE.onnx writes" : `${fixed} of the report`;
  return [
    `This passes because of the units kept in ${kept.file}, which ${own} itself still quantises: ship ${file}, or commit it in place of ${own} and take the line keep out.`,
  ];
}

/** Two commands: get the patch, apply and commit it. The same for every reader; nothing without a patch. */
export function adoptFix({ name, fix }: ModelReport, links: NextLinks): string {
  const patch = fix?.verified?.passes === true ? fix.files.find(({ format }) => format === "patch") : undefined;
  if (patch === undefined) return "";
  const runId = /\/runs\/(\d+)/.exec(links.runUrl ?? "")?.[1];
  const download =
    runId === undefined
      ? []
      : [`gh run download ${runId} -n ${links.artifactName ?? "trt-gate"} -D ${folderOf(patch.command) ?? "trt-gate-report"}`];
  return blocks(
    "Put it into this pull request, and the gate judges it with the units kept:",
    copyBlock([...download, patch.command].join("\n"), "sh"),
    suggestionWords(links.suggestions?.get(name)),
  );
}

function suggestionWords(place: { readonly url: string } | { readonly why: string } | undefined): string {
  if (place === undefined) return "";
  return "url" in place
    ? `Or commit the ${link("suggestion on the configuration’s line", place.url)} by one click.`
    : `There is no suggestion to commit by one click: ${escapeMarkdown(place.why)}. The patch does the same.`;
}

/** The report's folder, as the command names it. */
const folderOf = (command: string): string | undefined => /git apply (?:--index )?'?(.*?)\/fix\//.exec(command)?.[1];

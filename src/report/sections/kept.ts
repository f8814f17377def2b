/** Units that the repository keeps in higher precision already, and how a fix gets into the pull request. */

import { plural } from "../../model/plural.ts";
import type { SizeLimits } from "../detail-levels.ts";
import { blocks, code, copyBlock, escapeMarkdown, link } from "../markdown.ts";
import type { ModelReport, Report } from "../schema.ts";
import { fixedQdqFile } from "./fix.ts";
import { type NextLinks, restoredFile, restoreLine, restoreText, unmeantWords } from "./next.ts";

/** `kept by calibration/cls.keep.json: 2 units in float16`, of a file that stands on the base `kept: 2 units in float16, reviewed in …`; empty without any. `show` writes the file's name. */
export function keptSentence({ kept }: ModelReport, show = (name: string): string => name): string {
  if (kept === undefined) return "";
  const units = `${plural(kept.units.length, "unit")} in ${kept.precision}`;
  if (kept.committed === false) return `kept: ${units}, not committed yet: ${show(kept.file)}`;
  return kept.atBase === "same" ? `kept: ${units}, reviewed in ${show(kept.file)}` : `kept by ${show(kept.file)}: ${units}`;
}

/** What is left of each model that passes by kept units: a scale that is still moved, and which file ships of a Q/DQ model. */
export const stillFarLines = (report: Report, caps: SizeLimits): string =>
  report.models
    .map((model) => ({
      name: model.name,
      left: model.verdict === "pass" && model.kept !== undefined ? [restoreText(model), ...shipKept(model)] : [],
    }))
    .map(({ name, left }) => ({ name, words: left.filter((words) => words !== "").join(" ") }))
    .filter(({ words }) => words !== "")
    .slice(0, Math.max(1, caps.models))
    .map(({ name, words }) => `${code(name, caps.nameLength)}: ${escapeMarkdown(words, Math.max(900, caps.messageLength))}`)
    .join("\n\n");

/** The repository's file that holds the Q/DQ. */
const ownQdq = ({ path, quantization }: Pick<ModelReport, "path" | "quantization">): string =>
  quantization.source.endsWith(".onnx") ? quantization.source : path;

/** Empty without kept units, and where scales quantise the model. No builder reads a keep file: what passes is the Q/DQ model without the kept units' quantisers, which is not the repository's own. */
export function shipKept({ kept, path, quantization, fix }: Pick<ModelReport, "kept" | "path" | "quantization" | "fix">): string[] {
  if (kept === undefined || quantization.algorithm !== "Q/DQ") return [];
  const own = ownQdq({ path, quantization });
  const fixed = fixedQdqFile({ fix, quantization })?.path;
  const file = fixed === undefined ? "the model that trt-gate fix REPORT --format qdq -o FILE.onnx writes" : `${fixed} of the report`;
  return [
    `This passes because of the units kept in ${kept.file}, which ${own} itself still quantises: ship ${file}, or commit it in place of ${own} and take the line keep out.`,
  ];
}

/** What puts the fix into the repository: the fixed model in place of a model that comes as Q/DQ, else the patch; undefined where nothing was proved. */
export const adoptCommand = (model: Pick<ModelReport, "fix" | "quantization">): string | undefined =>
  model.fix?.verified?.passes === true ? (fixedQdqFile(model)?.commit ?? patchCommand(model)) : undefined;

const patchCommand = ({ fix }: Pick<ModelReport, "fix">): string | undefined =>
  fix?.files.find(({ format }) => format === "patch")?.command;

/** Commands that put moved scales back, or get the fix, apply and commit it. The same for every reader; empty where there is nothing to apply. */
export function adoptFix(model: ModelReport, links: NextLinks): string {
  const ways = [...restoreWay(model), ...fixWays(model, links)];
  return blocks(
    ...ways.map(({ words, commands }, i) =>
      blocks(`${i === 0 ? words : `Or ${words.charAt(0).toLowerCase()}${words.slice(1)}`}:`, copyBlock(commands.join("\n"), "sh")),
    ),
    ways.length === 0 ? "" : suggestionWords(links.suggestions?.get(model.name)),
  );
}

interface Way {
  readonly words: string;
  readonly commands: readonly string[];
}

function restoreWay(model: ModelReport): Way[] {
  // A pass by kept units is told with what else has to go back.
  const restore = model.verdict === "pass" && model.kept !== undefined ? undefined : restoreLine(model);
  if (restore === undefined) return [];
  const what = restoredFile(model);
  return [
    { words: `Put the former ${what} back, where the ${unmeantWords(model).replace("moved", "new")} are not meant`, commands: [restore] },
  ];
}

function fixWays(model: ModelReport, links: NextLinks): Way[] {
  const command = adoptCommand(model);
  if (command === undefined) return [];
  const runId = /\/runs\/(\d+)/.exec(links.runUrl ?? "")?.[1];
  const download =
    runId === undefined
      ? []
      : [`gh run download ${runId} -n ${links.artifactName ?? "trt-gate"} -D ${folderOf(command) ?? "trt-gate-report"}`];
  const patch = patchCommand(model);
  const byPatch = (words: string): Way[] => (patch === undefined ? [] : [{ words, commands: [...download, patch] }]);
  if (command === patch) return byPatch("Put the fix into this pull request, and the gate judges it with the units kept");
  return [
    {
      words: `Put the fixed model in place of ${code(ownQdq(model), 400)}, and the gate judges the file that ships`,
      commands: [...download, command],
    },
    ...byPatch("Keep the units by a reviewed file, where that model is exported anew"),
  ];
}

function suggestionWords(place: { readonly url: string } | { readonly why: string } | undefined): string {
  if (place === undefined) return "";
  return "url" in place
    ? `Or commit the ${link("suggestion on the configuration’s line", place.url)} by one click.`
    : `There is no suggestion to commit by one click: ${escapeMarkdown(place.why)}. The patch does the same.`;
}

/** The report's folder, as the command names it. */
const folderOf = (command: string): string | undefined => /^(?:git apply (?:--index )?|cp )'?(.*?)\/fix\//.exec(command)?.[1];

/** `trt-gate init`: reads the models, caches and samples that are here and writes a first configuration and workflow. Never overwrites a file. */
import { join } from "node:path";
import type { Found } from "../config/init-facts.ts";
import type { PairedModel } from "../config/init-pairs.ts";
import { isReady, lackOf, starterConfig, starterWorkflow } from "../config/init-template.ts";
import { inputSpecs } from "../config/inputs.ts";
import type { Effects } from "../effects/effects.ts";
import { plural } from "../model/plural.ts";
import type { RunCommand } from "./command.ts";
import { lookAround } from "./init-files.ts";
import { pairByTrial } from "./init-trials.ts";

export const run: RunCommand = async (parsed, effects, io) => {
  const found = await lookAround(effects);
  const pairs = await pairByTrial(found, effects);
  for (const line of tell(found, pairs)) effects.log.info(line);
  const texts = { ".github/trt-gate.yml": starterConfig(found, pairs), ".github/workflows/accuracy-gate.yml": starterWorkflow() };
  for (const [path, text] of Object.entries(texts)) {
    if (parsed.has("dry-run")) io.out(`# ${path}\n${text}\n`);
    else await writeNew(path, text, effects);
  }
  if (!parsed.has("dry-run")) await ignoreReports(parsed.has("gitignore"), effects);
  effects.log.info(
    pairs.some(isReady)
      ? "Next: trt-gate check; then commit both files, so that a fix can be put beside them"
      : "Next: give the models in .github/trt-gate.yml what their comments ask for, then trt-gate check",
  );
  return 0;
};

/** What belongs to which model, a line each. */
function tell(found: Found, pairs: readonly PairedModel[]): string[] {
  const rest = found.models.length - pairs.length + found.unread.length;
  return [
    `Found ${plural(found.models.length + found.unread.length, "ONNX file")}, ${plural(found.caches.length, "calibration cache")}, ${plural(found.samples.length, "source")} of samples.`,
    ...pairs.flatMap((pair) => [
      `${pair.model.path}: ${partsOf(pair).join(", ")}`,
      ...(pair.note === undefined || !isReady(pair) ? [] : [`  ${pair.note}`]),
    ]),
    ...found.samples.filter(({ isMadeUp }) => isMadeUp).map(({ path }) => `${path} was made up by trt-gate inputs: not taken as samples.`),
    ...(rest === 0
      ? []
      : [`${plural(rest, "other ONNX file")}: a Q/DQ form of one of these, or named with the reason in the configuration.`]),
  ];
}

function partsOf(pair: PairedModel): string[] {
  const { model, qdq, cache, calibration, validation, areGuessed } = pair;
  if (!isReady(pair)) return [`left in comments: ${lackOf(pair)}`];
  return [
    ...(qdq === undefined ? [] : [`Q/DQ model ${qdq}`]),
    ...(model.kind === "qdq" ? ["holds Q/DQ itself"] : []),
    ...(qdq === undefined && cache !== undefined ? [`cache ${cache}`] : []),
    ...(qdq === undefined && calibration !== undefined ? [`calibration samples ${calibration}`] : []),
    validation === undefined ? "random validation inputs" : `validation samples ${validation}`,
    ...(areGuessed ? ["guessed shapes"] : []),
  ];
}

async function writeNew(path: string, text: string, { cwd, files, log }: Effects): Promise<void> {
  const target = join(cwd, path);
  if ((await files.lstat(target)) !== undefined)
    return log.notice(`${path} is there already and stays as it is. trt-gate init --dry-run prints what would be written now.`);
  await files.writeText(target, text);
  log.info(`wrote ${path}`);
}

/** Reports are made anew by every run and do not belong in a commit. The file is only touched when asked for. */
async function ignoreReports(isAsked: boolean, { cwd, files, log }: Effects): Promise<void> {
  const folder = inputSpecs.find(({ name }) => name === "report-dir")?.default ?? "";
  const target = join(cwd, ".gitignore");
  const before = (await files.lstat(target))?.kind === "file" ? await files.readText(target) : "";
  if (before.split(/\r?\n/).some((line) => line.trim().replaceAll("/", "") === folder)) return;
  if (!isAsked) return log.info(`Reports go to ${folder}/; trt-gate init --gitignore adds it to .gitignore.`);
  await files.appendText(target, `${before === "" || before.endsWith("\n") ? "" : "\n"}${folder}/\n`);
  log.info(`added ${folder}/ to .gitignore`);
}

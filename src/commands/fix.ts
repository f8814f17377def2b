/** `trt-gate fix REPORT`: makes any artefact again from a report. Nothing is searched or measured. */
import { dirname, relative } from "node:path";
import type { Effects } from "../effects/effects.ts";
import { ConfigError } from "../effects/failure.ts";
import { type Artifact, type Fix, type FixFormat, fixFormats, formatsFor, takesFormat, usualFormat } from "../fix/artifact.ts";
import { makeArtifacts } from "../fix/artifacts.ts";
import { fixAtPoint } from "../fix/curve-point.ts";
import { fixFromReport } from "../fix/from-report.ts";
import { shellWord } from "../model/shell-word.ts";
import type { ModelReport, Report } from "../report/schema.ts";
import type { Parsed, RunCommand } from "./command.ts";
import { editedModel } from "./edited-model.ts";
import { readReport } from "./render.ts";

export const run: RunCommand = async (parsed, effects, io) => {
  const wanted = readFormat(parsed);
  const file = absolute(effects, parsed.positionals[0] ?? "");
  if (!(await effects.files.stat(file))) throw new ConfigError(`${file} is not there; give the report.json of an earlier run.`);
  const report = await readReport(file, effects.files);
  const model = withKept(chooseModel(report, file, parsed.text("model"), parsed.number("keep")), parsed.number("keep"), effects);
  const fix = fixFromReport(model, report.tool, folderOf(file, effects));
  if (!fix) throw new ConfigError(`${file} keeps no unit of '${model.name}' (${whyNone(model)}); ${needed(model)}.`);
  const format = wanted ?? usualFormat(fix);
  if (!takesFormat(fix, format))
    throw new ConfigError(`--format is '${format}', ${whyNotTaken(fix, format)}: write ${formatsFor(fix).join(", ")}.`);

  const named = parsed.text("output");
  const output = named === toStdout ? undefined : named;
  const wantsModel = format === "qdq" && output?.endsWith(".onnx") === true;
  const edited = wantsModel ? { editedModel: await editedModel(parsed.text("onnx"), fix, effects) } : {};
  const artifacts = makeArtifacts(format, {
    ...fix,
    report: relative(effects.cwd, file),
    ...edited,
    ...(output === undefined ? {} : { place: () => output }),
  });
  const artifact = wantsModel ? artifacts.at(-1) : artifacts[0];
  if (!artifact) throw new Error(`no artefact of format ${format} was made`);
  if (named === toStdout) io.out(textOf(artifact, effects));
  else await write(artifact, output ?? (await ownName(artifact, effects)), effects);
  return 0;
};

const toStdout = "-";

function textOf(artifact: Artifact, effects: Effects): string {
  sayLeftOut(artifact, effects);
  return typeof artifact.content === "string" ? artifact.content : "";
}

function sayLeftOut({ leftOut }: Artifact, { log }: Effects): void {
  for (const { name, why } of leftOut) log.warning(`${name} is left out: ${why}`);
}

/** The artefact's usual name, in the working folder. ConfigError where a file of other origin has it: nobody asked for that one to be replaced. */
async function ownName({ fileName }: Artifact, effects: Effects): Promise<string> {
  const path = absolute(effects, fileName);
  if ((await effects.files.lstat(path)) !== undefined && !/made ?by\W+trt-gate/i.test(await effects.files.readText(path)))
    throw new ConfigError(`${fileName} is there already, and no fix. Name the file with -o, or -o ${fileName} to replace it.`);
  return fileName;
}

async function write(artifact: Artifact, output: string, effects: Effects): Promise<void> {
  const { format, content, command } = artifact;
  sayLeftOut(artifact, effects);
  const path = absolute(effects, output);
  if (typeof content === "string") await effects.files.writeText(path, content);
  else await effects.files.writeBytes(path, content);
  // The command of a keep file is the one that has just run.
  const use = command === "" ? "It is for ONNX Runtime: TensorRT refuses its form" : `Use: ${command}`;
  const next =
    format === "keep"
      ? `Judge with it: the same check with --keep ${shellWord(output)}, or the line keep: ${output} in the model's entry of the configuration`
      : use;
  effects.log.info(`Wrote ${output}. ${next}`);
}

function whyNotTaken({ refused, quantized }: Fix, format: FixFormat): string {
  if (format === "modelopt") return `whose quantiser of ONNX files does not quantise to ${quantized}`;
  return refused === undefined
    ? "which sets precisions of layers. In a model that comes as Q/DQ the quantisers of a kept unit would still clip and round"
    : `which builds an engine. ${refused} Keeping units changes nothing about that`;
}

/** Undefined where none is asked for. */
function readFormat(parsed: Parsed): FixFormat | undefined {
  const format = parsed.text("format");
  if (format === undefined) return undefined;
  const found = fixFormats.find((each) => each === format);
  if (!found) throw new ConfigError(`--format is '${format}'; write one of ${fixFormats.join(", ")}.`);
  return found;
}

/** Without a name the only model with kept units. */
function chooseModel(report: Report, file: string, name: string | undefined, keep: number | undefined): ModelReport {
  const names = report.models.map((model) => `'${model.name}'`).join(", ");
  if (name !== undefined) {
    const found = report.models.find((model) => model.name === name);
    if (!found)
      throw new ConfigError(
        `${file} holds no model '${name}'; ${names === "" ? "give the report of a check of one" : `name one of ${names}`}.`,
      );
    return found;
  }
  const candidates =
    report.models.length === 1
      ? report.models
      : report.models.filter(({ search }) => (keep === undefined ? (search?.keep.length ?? 0) > 0 : search?.curve !== undefined));
  const [only, ...others] = candidates;
  if (!only)
    throw new ConfigError(
      `${file} keeps no unit of any model (${names || "it holds none"}); ${report.models.map(needed)[0] ?? searchNeeded}.`,
    );
  if (others.length > 0)
    throw new ConfigError(`${file} holds fixes for ${candidates.map((model) => `'${model.name}'`).join(", ")}; choose one with --model.`);
  return only;
}

/** A point of the curve instead of what the search chose. Blocks are kept whole, so a few units more may be kept than were asked for. */
function withKept(model: ModelReport, keep: number | undefined, { log }: Effects): ModelReport {
  if (keep === undefined) return model;
  const chosen = fixAtPoint(model, keep);
  if (typeof chosen === "string") throw new ConfigError(chosen);
  log.info(chosen.search?.message ?? "");
  return chosen;
}

/** Paths in a report begin at its folder, commands at the folder that they run in. */
function folderOf(report: string, { cwd }: Effects): string {
  const folder = relative(cwd, dirname(report));
  return folder === "" ? "" : `${folder}/`;
}

const searchNeeded = "a fix needs a search that found some";
/** A search that found none has ranked the units all the same. */
const needed = ({ search }: ModelReport): string =>
  (search?.curve?.points.length ?? 0) > 0 ? "--keep N takes the first N units of its ranking, and says what that gives" : searchNeeded;
const whyNone = (model: ModelReport): string => (model.search ? `search outcome: ${model.search.outcome}` : "it was not searched");
const absolute = (effects: Effects, path: string): string => (path.startsWith("/") ? path : `${effects.cwd}/${path}`);

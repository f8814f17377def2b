/**
 * Writes what is generated: schema/*.json, the inputs and outputs of action.yml, the tables between the README's markers, the release that snippets name.
 * Usage: node scripts/gen.ts [--check]; with --check nothing is written and a difference or a missing marker exits 1.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { markdownTable } from "markdown-table";
import { globSync } from "tinyglobby";
import { z } from "zod";
import { specs } from "../src/commands/specs.ts";
import { actionInputs, type InputSpec, outputSpecs } from "../src/config/inputs.ts";
import { configSchema } from "../src/config/schema.ts";
import { caveatRows, failureRows, reasonRows } from "../src/gate/reason-rows.ts";
import { metricList } from "../src/measure/metrics.ts";
import { reportSchema } from "../src/report/schema.ts";
import { version } from "../src/version.ts";
import { roomEdges, roomsDiagram, roomsTable, runDiagram } from "./architecture.ts";
import { configReference } from "./config-reference.ts";
import { faultPage } from "./fault-page.ts";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const edges = await roomEdges(root);

const zooResults: readonly { name: string; producer: string; verdict: string; reason: string; sqnrDb: Record<string, number | null> }[] =
  JSON.parse(readFileSync(new URL("../test/zoo/results.json", import.meta.url), "utf8"));

interface Part {
  readonly file: string;
  /** Undefined: the whole file is generated. */
  readonly marker?: string;
  readonly text: string;
}

/** Everything that is generated, in the order in which it is written. */
export function generated(): readonly Part[] {
  return [
    { file: "schema/config.schema.json", text: json(configSchema) },
    { file: "schema/report.schema.json", text: json(reportSchema) },
    { file: "action.yml", marker: "inputs", text: `inputs:\n${actionInputs.map(inputYaml).join("")}` },
    {
      file: "action.yml",
      marker: "outputs",
      text: `outputs:\n${outputSpecs.map(({ name, help }) => `  ${name}:\n    description: ${JSON.stringify(help)}\n`).join("")}`,
    },
    { file: "README.md", marker: "inputs", text: `\n${inputTable()}\n\n${outputTable()}\n\n` },
    { file: "README.md", marker: "commands", text: `\n${commandTable()}\n\n` },
    { file: "docs/configuration.md", marker: "configuration", text: `\n${configReference()}\n\n` },
    { file: "docs/faults.md", marker: "faults", text: `\n${faultPage()}\n` },
    { file: "docs/compatibility.md", marker: "zoo", text: `\n${zooTable()}\n\n` },
    { file: "docs/architecture.md", marker: "rooms", text: `\n${roomsDiagram(edges)}\n\n${roomsTable()}\n\n` },
    { file: "docs/architecture.md", marker: "run", text: `\n${runDiagram(root)}\n\n` },
    { file: "docs/verdicts.md", marker: "reasons", text: `\n${markdownTable(reasonRows())}\n\n` },
    { file: "docs/verdicts.md", marker: "metrics", text: `\n${metricTable()}\n\n` },
    { file: "docs/verdicts.md", marker: "caveats", text: `\n${markdownTable(caveatRows())}\n\n` },
    { file: "docs/verdicts.md", marker: "failures", text: `\n${markdownTable(failureRows())}\n\n` },
  ];
}

/** What every model of the zoo ended in (scripts/zoo.ts), with the smallest figure of its outputs. */
function zooTable(): string {
  const rows = zooResults.map(({ name, producer, verdict, reason, sqnrDb }) => {
    const figures = Object.values(sqnrDb).filter((value) => value !== null);
    return [producer, name, figures.length === 0 ? "" : `${Math.min(...figures).toFixed(1)} dB`, `${verdict} (\`${reason}\`)`];
  });
  return markdownTable([["producer", "model", "SQNR", "end"], ...rows]);
}

/** What "input" accepts: a reader of reports must not fail on a field that a later version adds. */
const json = (schema: z.ZodType): string => `${JSON.stringify(z.toJSONSchema(schema, { io: "input" }), null, 2)}\n`;

/**
 * action.yml carries a default only where the runner must fill it in, or where an empty value means something; all other defaults are applied
 * by the gate, from the same table.
 */
function inputYaml({ name, help, default: fallback, emptyCounts, runnerExpressions, oneOf, kind }: InputSpec): string {
  const preset = runnerExpressions?.map((expression) => `\${{ ${expression} }}`).join("/") ?? (emptyCounts === true ? fallback : undefined);
  const allowed = oneOf === undefined ? "" : ` One of: ${oneOf.join(", ")}.`;
  const shown = fallback === "" || preset !== undefined ? "" : ` Default: ${fallback}.`;
  const text = `${help}${kind === "choices" ? "" : allowed}${shown}`;
  return `  ${name}:\n    description: ${JSON.stringify(text)}\n${preset === undefined ? "" : `    default: ${JSON.stringify(preset)}\n`}`;
}

const cell = (text: string): string => text.replaceAll("|", "\\|");
const code = (text: string): string => `\`${text}\``;

function inputTable(): string {
  const rows = actionInputs.map(({ name, help, oneOf, runnerExpressions, default: fallback }) => [
    code(name),
    cell(runnerExpressions === undefined ? (fallback === "" ? "" : code(fallback)) : runnerExpressions.map((part) => code(part)).join("/")),
    cell(oneOf === undefined ? help : `${help} (${oneOf.map(code).join(", ")})`),
  ]);
  return markdownTable([["input", "default", "meaning"], ...rows], { padding: true, alignDelimiters: false });
}

const outputTable = (): string =>
  markdownTable([["output", "meaning"], ...outputSpecs.map(({ name, help }) => [code(name), cell(help)])], { alignDelimiters: false });

const metricTable = (): string =>
  markdownTable(
    [
      ["metric", "what it is", "better", "unit"],
      ...metricList.map(({ word, help, direction, unit }) => [code(word), cell(help), direction, unit === "%" ? "share, 0 to 1" : unit]),
    ],
    { alignDelimiters: false },
  );

const commandTable = (): string =>
  markdownTable(
    [
      ["command", "what it does"],
      ...specs.map(({ usage, summary }) => [
        cell(
          usage
            .split("\n")
            .map((line) => code(`trt-gate ${line}`))
            .join("<br>"),
        ),
        cell(summary),
      ]),
    ],
    { alignDelimiters: false },
  );

/** Text between `gen:NAME` and `/gen` replaced; undefined when the markers are not there. Comments of YAML and of Markdown. */
export function replaceBetween(text: string, marker: string, body: string): string | undefined {
  const [open, close] = [new RegExp(`^(?:# gen:${marker}|<!-- gen:${marker} -->)\\n`, "m"), /^(?:# \/gen|<!-- \/gen -->)$/m];
  const start = open.exec(text);
  if (start === null) return undefined;
  const from = start.index + start[0].length;
  const end = close.exec(text.slice(from));
  return end === null ? undefined : text.slice(0, from) + body + text.slice(from + end.index);
}

/** The release that a snippet to paste names beside its commit. */
export const withRelease = (text: string): string => text.replace(/(trt-accuracy-gate@\S+ # v)\d+\.\d+\.\d+(?=:)/g, `$1${version}`);

/** Files below `folder` that differ from what is generated; writes them unless `check`. Without `check`, missing markers are left alone. */
export function generate(folder: string, check: boolean): readonly string[] {
  const differing = new Set<string>();
  for (const { file, marker, text } of generated()) {
    const path = join(folder, file);
    const before = existsSync(path) ? readFileSync(path, "utf8") : undefined;
    const after = marker === undefined ? text : before === undefined ? undefined : replaceBetween(before, marker, text);
    if (after === before && after !== undefined) continue;
    if (after === undefined && !check) continue;
    differing.add(file);
    if (!check && after !== undefined) writeFileSync(path, after);
  }
  for (const file of globSync(["README.md", "docs/**/*.{md,yml}"], { cwd: folder })) {
    const before = readFileSync(join(folder, file), "utf8");
    const after = withRelease(before);
    if (after === before) continue;
    differing.add(file);
    if (!check) writeFileSync(join(folder, file), after);
  }
  return [...differing];
}

if (import.meta.main) {
  const check = process.argv.includes("--check");
  const files = generate(root, check);
  for (const file of files) console.log(check ? `${file} differs from its source; run npm run gen` : `wrote ${file}`);
  if (check && files.length > 0) process.exitCode = 1;
}

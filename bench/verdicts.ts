/**
 * `node bench/verdicts.ts [--draws N] [--first N] [--samples N] [--models a,b] [--fresh] [--whole]`: the gate's verdicts on the labelled set of test/verdicts/, for
 * several draws of validation samples, each with a seed of its own (`--first`: number and seed of the first one). Prints the table of docs/verdicts.md and every
 * wrong verdict by name. Inference runs once a case and sample and is kept (test/verdicts/pool.ts; `--fresh` after a change of the lane); `--whole` runs the whole
 * gate for each draw instead.
 */
import { parseArgs } from "node:util";
import { markdownTable } from "markdown-table";
import { seededRandom } from "../src/measure/random.ts";
import { judgeConstructed } from "../test/verdicts/constructed.ts";
import { type Judged, judgeDraw, judgeFromPool } from "../test/verdicts/judge.ts";
import { readLabels } from "../test/verdicts/labels.ts";
import { type LabelledModel, labelledModels } from "../test/verdicts/models.ts";
import { drawSize, openPool, poolNumbers } from "../test/verdicts/pool.ts";
import { quantizations } from "../test/verdicts/quantizations.ts";
import { type Tally, tally } from "../test/verdicts/tally.ts";

const { values } = parseArgs({
  options: {
    draws: { type: "string", default: "20" },
    first: { type: "string", default: "0" },
    samples: { type: "string", default: `${drawSize}` },
    models: { type: "string" },
    fresh: { type: "boolean", default: false },
    whole: { type: "boolean", default: false },
  },
});
const [draws, samples, first] = [Number(values.draws), Number(values.samples), Number(values.first)];
const numbered = Array.from({ length: draws }, (_, i) => first + i);
const wanted = values.models?.split(",");
const models = labelledModels.filter(({ name }) => wanted === undefined || wanted.includes(name));
const labels = readLabels();
const judged: Judged[] = [];
if (values.whole) for (const draw of numbered) judged.push(...(await judgeDraw({ models, labels, draw, samples, seed: draw })));
else for (const model of models) judged.push(...(await judgePools(model)));
if (wanted === undefined) for (const draw of numbered) judged.push(...(await judgeConstructed(draw, samples)));

async function judgePools(model: LabelledModel): Promise<Judged[]> {
  const numbers = poolNumbers(model);
  const verdicts: Judged[] = [];
  for (const quantization of quantizations) {
    const pool = await openPool(model, quantization, numbers, values.fresh);
    for (const draw of numbered)
      verdicts.push(...judgeFromPool(model, quantization, labels, { pool, places: placesOf(draw, numbers.length), seed: draw }));
  }
  process.stderr.write(`${model.name}: ${verdicts.length} verdicts\n`);
  return verdicts;
}

/** The first draws share no sample; when the pool is used up, by chance. */
function placesOf(draw: number, size: number): number[] {
  if (samples === drawSize && (draw + 1) * samples <= size) return Array.from({ length: samples }, (_, i) => draw * samples + i);
  const random = seededRandom(draw);
  const left = Array.from({ length: size }, (_, i) => i);
  return Array.from({ length: samples }, () => left.splice(Math.floor(random() * left.length), 1)[0] ?? 0);
}

const row = (name: string, one: Tally): string[] => [
  name,
  `${one.cases}`,
  `${one.good} / ${one.bad} / ${one.borderline}`,
  `${one.falsePasses.length}`,
  `${one.qualifiedFalsePasses.length} of ${one.qualified.length}`,
  `${one.falseAlarms.length}`,
  `${one.undecided.length}`,
];
const head = [
  "model",
  "verdicts",
  "good / bad / borderline",
  "false 'safe to merge'",
  "false among passes with a caveat",
  "false alarms",
  "undecided",
];
const kinds = new Map(models.map(({ name, kind }) => [name, `${name} (${kind})`]));
const names = [...new Set(judged.map(({ model }) => model))];
const rows = names.map((name) => row(kinds.get(name) ?? name, tally(judged.filter(({ model }) => model === name))));
const all = tally(judged);
process.stdout.write(`${markdownTable([head, ...rows, row("all", all)])}\n`);
const share = (part: number) => `${((100 * part) / all.cases).toFixed(2)} %`;
process.stdout.write(
  `\n${draws} draws of ${samples} samples: ${share(all.falsePasses.length)} false passes, ${share(all.qualifiedFalsePasses.length)} with a caveat, ${share(all.falseAlarms.length)} false alarms, ${share(all.undecided.length)} undecided\n`,
);
for (const [what, list] of Object.entries({
  "false pass": all.falsePasses,
  "false pass with a caveat": all.qualifiedFalsePasses,
  "false alarm": all.falseAlarms,
  undecided: all.undecided,
}))
  for (const [name, count] of counted(list)) process.stdout.write(`${what}: ${name}, ${count} times\n`);
process.exitCode =
  all.falsePasses.length === 0 && all.falseAlarms.length <= 0.02 * all.cases && all.undecided.length <= 0.1 * all.cases ? 0 : 1;

function counted(list: readonly Judged[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const { name, reason, caveats } of list) {
    const words = `${name} (${[reason, ...caveats].join(", ")})`;
    counts.set(words, (counts.get(words) ?? 0) + 1);
  }
  return [...counts].toSorted(([, a], [, b]) => b - a);
}

/**
 * `node bench/verdicts.ts [--draws N] [--samples N] [--models a,b]`: the gate's verdicts on the labelled set of test/verdicts/, for several draws
 * of validation samples and seeds. Prints the table of docs/verdicts.md and every wrong verdict by name.
 */
import { parseArgs } from "node:util";
import { markdownTable } from "markdown-table";
import { type Judged, judgeDraw } from "../test/verdicts/judge.ts";
import { readLabels } from "../test/verdicts/labels.ts";
import { labelledModels } from "../test/verdicts/models.ts";
import { type Tally, tally } from "../test/verdicts/tally.ts";

const { values } = parseArgs({
  options: { draws: { type: "string", default: "20" }, samples: { type: "string", default: "32" }, models: { type: "string" } },
});
const wanted = values.models?.split(",");
const models = labelledModels.filter(({ name }) => wanted === undefined || wanted.includes(name));
const labels = readLabels();
const judged: Judged[] = [];
for (let draw = 0; draw < Number(values.draws); draw++) {
  judged.push(...(await judgeDraw({ models, labels, draw, samples: Number(values.samples), seed: draw })));
  process.stderr.write(`draw ${draw}: ${wordsOf(tally(judged))}\n`);
}

const row = (name: string, { cases, good, bad, borderline, falsePasses, falseAlarms, undecided }: Tally): string[] => [
  name,
  `${cases}`,
  `${good} / ${bad} / ${borderline}`,
  `${falsePasses.length}`,
  `${falseAlarms.length}`,
  `${undecided.length}`,
];
const head = ["model", "verdicts", "good / bad / borderline", "false passes", "false alarms", "undecided"];
const rows = models.map(({ name, kind }) => row(`${name} (${kind})`, tally(judged.filter(({ model }) => model === name))));
console.log(markdownTable([head, ...rows, row("all", tally(judged))]));
const { falsePasses, falseAlarms, undecided } = tally(judged);
for (const [what, list] of Object.entries({ "false pass": falsePasses, "false alarm": falseAlarms, undecided }))
  for (const [name, count] of counted(list)) console.log(`${what}: ${name}, ${count} times`);

function counted(list: readonly Judged[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const { name, reason } of list) counts.set(`${name} (${reason})`, (counts.get(`${name} (${reason})`) ?? 0) + 1);
  return [...counts].toSorted(([, a], [, b]) => b - a);
}

function wordsOf({ cases, falsePasses, falseAlarms, undecided }: Tally): string {
  return `${cases} verdicts, ${falsePasses.length} false passes, ${falseAlarms.length} false alarms, ${undecided.length} undecided`;
}

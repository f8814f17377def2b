/** The gate against the labelled set: models and quantisations whose truth was measured over 512 fresh samples by the Python oracle. */
import { expect, test } from "vitest";
import { testWithPython } from "../support/needs.ts";
import { judgeConstructed } from "../verdicts/constructed.ts";
import { judgeDraw, judgeFromPool } from "../verdicts/judge.ts";
import { readLabels } from "../verdicts/labels.ts";
import { labelledModels } from "../verdicts/models.ts";
import { drawSize, openPool, poolNumbers } from "../verdicts/pool.ts";
import { quantizations } from "../verdicts/quantizations.ts";
import { tally } from "../verdicts/tally.ts";

/** The small ones, of one draw: `node bench/verdicts.ts` judges all models and many draws. */
const small = ["pnet", "rnet", "onet"];
const seed = 0;
const models = labelledModels.filter(({ name }) => small.includes(name));
let judgedOnce: ReturnType<typeof judgeDraw> | undefined;
const wholeRun = () => (judgedOnce ??= judgeDraw({ models, labels: readLabels(), draw: 0, samples: drawSize, seed }));

testWithPython(
  "passes no ruined model and stops no sound one of the labelled set",
  async () => {
    const judged = await wholeRun();
    const { cases, good, bad, falsePasses, falseAlarms, undecided } = tally(judged);
    expect({ cases, good, bad }).toEqual({ cases: 51, good: 12, bad: 36 });
    const names = (list: readonly (typeof judged)[number][]) => list.map(({ name, reason }) => `${name} (${reason})`);
    expect(names(falsePasses)).toEqual([]);
    expect(names(falseAlarms)).toEqual([]);
    expect(undecided.length).toBeLessThanOrEqual(cases / 10);
  },
  300_000,
);

testWithPython(
  "gives from sums that were kept the very verdicts of a whole run",
  async () => {
    const whole = (await wholeRun()).filter(({ model }) => model === "rnet");
    const labels = readLabels();
    const places = Array.from({ length: drawSize }, (_, i) => i);
    const kept = [];
    for (const model of models.filter(({ name }) => name === "rnet"))
      for (const quantization of quantizations) {
        const pool = await openPool(model, quantization, poolNumbers(model).slice(0, drawSize), true);
        kept.push(...judgeFromPool(model, quantization, labels, { pool, places, seed }));
      }
    expect(kept).toEqual(whole);
    expect(whole.filter(({ verdict }) => verdict === "pass").length).toBeGreaterThan(2);
  },
  300_000,
);

test("tells what is made on purpose, and recorded engines, from draw to draw", async () => {
  const judged = [];
  for (let draw = 0; draw < 10; draw++) judged.push(...(await judgeConstructed(draw, 32)));
  const { cases, falsePasses, qualifiedFalsePasses, falseAlarms, undecided } = tally(judged);
  expect({ falsePasses, qualifiedFalsePasses, falseAlarms }).toEqual({ falsePasses: [], qualifiedFalsePasses: [], falseAlarms: [] });
  expect(undecided.length).toBeLessThanOrEqual(cases / 10);
});

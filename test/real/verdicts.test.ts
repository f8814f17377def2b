/** The gate against the labelled set: models and quantisations whose truth was measured over 512 fresh samples by the Python oracle. */
import { expect } from "vitest";
import { testWithPython } from "../support/needs.ts";
import { judgeDraw } from "../verdicts/judge.ts";
import { readLabels } from "../verdicts/labels.ts";
import { labelledModels } from "../verdicts/models.ts";
import { tally } from "../verdicts/tally.ts";

/** The small ones: `node bench/verdicts.ts` judges all models and many draws. */
const small = ["pnet", "rnet", "onet"];

testWithPython(
  "passes no ruined model and stops no sound one of the labelled set",
  async () => {
    const models = labelledModels.filter(({ name }) => small.includes(name));
    const judged = await judgeDraw({ models, labels: readLabels(), draw: 0, samples: 32, seed: 0 });
    const { cases, good, bad, falsePasses, falseAlarms, undecided } = tally(judged);
    expect({ cases, good, bad }).toEqual({ cases: 51, good: 12, bad: 36 });
    const names = (list: readonly (typeof judged)[number][]) => list.map(({ name, reason }) => `${name} (${reason})`);
    expect(names(falsePasses)).toEqual([]);
    expect(names(falseAlarms)).toEqual([]);
    expect(undecided.length).toBeLessThanOrEqual(cases / 10);
  },
  300_000,
);

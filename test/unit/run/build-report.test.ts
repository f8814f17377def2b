import { describe, expect, it } from "vitest";
import { emptyModelReport } from "../../../src/report/empty-model.ts";
import { composeReport } from "../../../src/run/build-report.ts";
import { fakeClock } from "../../fakes/clock.ts";
import { runEffects } from "../../fakes/run-effects.ts";
import { settingsOf } from "../../fakes/settings.ts";

const settings = settingsOf("");
const [model] = settings.models;
const selection = {
  jobs: settings.models.map((one) => ({ model: one, why: "all" })),
  unchanged: [],
  removed: [],
  why: "all models",
  uncertain: false,
  base: undefined,
  headSha: undefined,
  trust: { codeFrom: "head" as const, configCommit: undefined, allow: false, notices: [] },
};
const compose = async (change: object) => {
  const effects = await runEffects();
  try {
    if (model === undefined) throw new Error("no model");
    const models = [{ ...emptyModelReport(model), ...change }];
    return composeReport(
      { settings, selection, event: undefined, checked: { models, codes: [4], complete: true, versions: {} }, startMs: 0, notices: [] },
      { ...effects, clock: fakeClock() },
    );
  } finally {
    await effects.end();
  }
};

describe("composing the report", () => {
  it("is undecided by default: a model of which nothing is known passes nothing", async () => {
    expect(await compose({})).toMatchObject({ verdict: "undecided", exitCode: 4 });
  });
});

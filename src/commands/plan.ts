/** `trt-gate plan`: the changed models as a matrix for several runners. Chooses as a run does and checks nothing. */
import { resolve } from "node:path";
import type { ModelEntry } from "../config/settings.ts";
import type { Effects } from "../effects/effects.ts";
import { ConfigError } from "../effects/failure.ts";
import { writeOutputs } from "../github/outputs.ts";
import { plural } from "../model/plural.ts";
import { selectModels } from "../run/select.ts";
import type { RunCommand } from "./command.ts";
import { type Estimate, estimateSeconds, measuredSeconds, scaled } from "./plan-estimate.ts";
import { readReport } from "./render.ts";
import { type Share, splitShares } from "./shares.ts";

/** GitHub runs at most 256 jobs of one matrix. */
const mostRunners = 256;

export const run: RunCommand = async (parsed, effects, io) => {
  const runners = parsed.number("runners") ?? 1;
  if (!(Number.isInteger(runners) && runners >= 1 && runners <= mostRunners)) {
    throw new ConfigError(`--runners is ${runners}. Write a whole number from 1 to ${mostRunners}.`);
  }
  const since = parsed.text("changed-since");
  const inputs = { ...parsed.inputs, ...(since === undefined ? {} : { "base-ref": since }) };
  const { selection, foreign, settings } = await selectModels({ inputs }, effects);
  const models = selection.jobs.map(({ model }) => model);
  const measured = await earlierSeconds(parsed.list("history"), effects);
  const unknown = models.filter(({ name }) => !measured.has(name)).length;
  const searchMinutes = settings.options.search === "off" ? 0 : settings.search.budgetMinutes;
  const shares = splitShares(models, scaled(await estimates(models, searchMinutes, effects), measured), runners);
  const plan = {
    matrix: { include: shares },
    expect: [...models, ...foreign].map(({ name }) => name),
    count: models.length,
    why: selection.why,
    /** Models whose seconds no earlier report tells. */
    estimated: unknown,
  };
  for (const warning of await writeOutputs(outputsOf(plan), effects)) effects.log.warning(warning);
  io.out(parsed.has("json") ? `${JSON.stringify(plan, null, 1)}\n` : table(shares, selection.why, unknown));
  return 0;
};

async function estimates(models: readonly ModelEntry[], searchMinutes: number, effects: Effects): Promise<Map<string, Estimate>> {
  const seconds = new Map<string, Estimate>();
  for (const model of models) seconds.set(model.name, await estimateSeconds(model, searchMinutes, effects));
  return seconds;
}

/** What each model cost in earlier reports, by name; of several the last report that has it. A report that cannot be read only makes the balance worse. */
async function earlierSeconds(paths: readonly string[], effects: Effects): Promise<ReadonlyMap<string, Partial<Estimate>>> {
  const seconds = new Map<string, Partial<Estimate>>();
  for (const path of paths) {
    try {
      const report = await readReport(resolve(effects.cwd, path), effects.files);
      for (const { name, timings } of report.models) {
        const measured = measuredSeconds(timings);
        if (measured !== undefined) seconds.set(name, measured);
      }
    } catch (error) {
      effects.log.warning(`The earlier report ${path} is not used: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return seconds;
}

/** `expect` is JSON: names hold any character. */
const outputsOf = (plan: { matrix: { include: readonly Share[] }; expect: readonly string[]; count: number }): Record<string, string> => ({
  matrix: JSON.stringify(plan.matrix),
  expect: JSON.stringify(plan.expect),
  count: String(plan.count),
});

function table(shares: readonly Share[], why: string, estimated: number): string {
  if (shares.length === 0) return `No model to check (${why}).\n`;
  const lines = shares.map(
    ({ share, count, seconds, mostSeconds, names }) =>
      `${share}: ${plural(count, "model")}, about ${seconds} s${mostSeconds > seconds ? `, up to ${mostSeconds} s where all are searched` : ""}: ${names.replaceAll("\n", ", ")}\n`,
  );
  const note =
    estimated === 0
      ? ""
      : `${estimated === 1 ? "One model's time is" : `The time of ${estimated} models is`} estimated from the model; --history REPORT gives measured times.\n`;
  return lines.join("") + note;
}

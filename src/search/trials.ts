/**
 * What else could help where keeping single units does not: another scheme for the whole model, or a whole kind of operator kept. Everything is tried
 * and said with its figure, also where it does not help.
 */
import type { Group } from "./groups.ts";
import type { Advice } from "./outcome.ts";
import { type Measured, type ProbeResult, passes } from "./probe.ts";
import { type ProbeRunner, SearchStopped } from "./probe-runner.ts";
import type { SearchRequest } from "./request.ts";

export interface Trials extends Pick<SearchRequest, "schemes" | "simulatedPlain" | "families" | "ranker"> {
  readonly groups: readonly Group[];
  /** Probes build engines: kept kinds are then tried on the ranking samples, on the CPU. */
  readonly onEngines: boolean;
}

/** Of schemes that gain; the best first. */
export const schemeRule = "scheme";
/** Of everything that was tried and gains nothing. */
export const withoutGainRule = "scheme-without-gain";

interface Tried {
  readonly name: string;
  /** Units kept; 0 for a scheme. */
  readonly kept: number;
  readonly beforeDb: number;
  readonly afterDb: number;
  readonly passes: boolean;
}

/** Best gain first, then one sentence on those that changed nothing for the better. A trial whose tool failed is not spoken of. */
export async function adviseByTrials(runner: ProbeRunner, trials: Trials, empty: Measured): Promise<readonly Advice[]> {
  const tried: Tried[] = [];
  try {
    await tryAll(runner, trials, empty, tried);
  } catch (error) {
    // Time is spent: the outcome stands already, and so does what was tried.
    if (!(error instanceof SearchStopped)) throw error;
  }
  const where = trials.onEngines ? " in the simulation" : "";
  const better = tried.filter(({ beforeDb, afterDb }) => afterDb > beforeDb);
  const others = tried.filter((one) => !better.includes(one));
  return [
    ...better
      .toSorted((a, b) => b.afterDb - b.beforeDb - (a.afterDb - a.beforeDb))
      .map((one) => (one.kept > 0 ? adviseFamily(one, where) : adviseScheme(one, where))),
    ...(others.length === 0 ? [] : [withoutGain(others, where)]),
  ];
}

async function tryAll(runner: ProbeRunner, trials: Trials, empty: Measured, tried: Tried[]): Promise<void> {
  const { schemes = [], simulatedPlain, families = [], groups, onEngines, ranker } = trials;
  const slice = { from: 0, count: ranker?.samples ?? 0 };
  const ask = (keep: readonly string[]): Promise<ProbeResult> =>
    onEngines ? runner.askRanker(keep, slice) : runner.ask({ phase: "advice", keep, samples: "choose" });
  const note = (name: string, kept: number, plain: ProbeResult, result: ProbeResult) => {
    if (result.kind !== "measured" || plain.kind !== "measured") return;
    tried.push({ name, kept, beforeDb: plain.sqnrDb, afterDb: result.sqnrDb, passes: passes(result) });
  };
  const kinds = families.map(({ name, units }) => ({ name, ids: groupsWith(groups, units) }));
  const worthTrying = kinds.filter(({ ids }) => ids.length > 0 && ids.length < groups.length);
  const plain = onEngines && worthTrying.length > 0 ? await ask([]) : empty;
  for (const { name, ids } of worthTrying) note(name, ids.length, plain, await ask(ids));
  const before = simulatedPlain && schemes.length > 0 ? await runner.tryScheme(simulatedPlain) : empty;
  for (const scheme of schemes) note(scheme.name, 0, before, await runner.tryScheme(scheme));
}

function groupsWith(groups: readonly Group[], units: readonly string[]): string[] {
  const wanted = new Set(units);
  return groups.filter((group) => group.units.some((unit) => wanted.has(unit))).map(({ id }) => id);
}

function adviseScheme({ name, beforeDb, afterDb, passes: doesPass }: Tried, where: string): Advice {
  const gain = (afterDb - beforeDb).toFixed(1);
  const text = `Quantise with ${name}: ${afterDb.toFixed(1)} dB instead of ${beforeDb.toFixed(1)} dB (+${gain} dB)${where}, ${enough(doesPass)}.`;
  return {
    rule: schemeRule,
    text,
    evidence: { scheme: name, beforeDb: figure(beforeDb), afterDb: figure(afterDb), passes: doesPass ? "yes" : "no" },
  };
}

function adviseFamily({ name, kept, beforeDb, afterDb, passes: doesPass }: Tried, where: string): Advice {
  const gain = (afterDb - beforeDb).toFixed(1);
  const text = `Keep all ${kept} ${name} in higher precision: ${afterDb.toFixed(1)} dB instead of ${beforeDb.toFixed(1)} dB (+${gain} dB)${where}, ${enough(doesPass)}.`;
  return {
    rule: "family",
    text,
    evidence: { family: name, kept, beforeDb: figure(beforeDb), afterDb: figure(afterDb), passes: doesPass ? "yes" : "no" },
  };
}

const enough = (doesPass: boolean): string => (doesPass ? "which passes the limits" : "which alone does not pass the limits");

function withoutGain(others: readonly Tried[], where: string): Advice {
  const beforeDb = others[0]?.beforeDb ?? Number.NaN;
  const figures = others.map(({ name, kept, afterDb }) => `${kept > 0 ? "keeping all " : ""}${name} (${afterDb.toFixed(1)} dB)`).join(", ");
  return {
    rule: withoutGainRule,
    text: `Tried, and no better than the ${beforeDb.toFixed(1)} dB of now${where}: ${figures}.`,
    evidence: { beforeDb: figure(beforeDb), ...Object.fromEntries(others.map(({ name, afterDb }) => [name, figure(afterDb)])) },
  };
}

/** The report's JSON holds no other numbers. */
const figure = (value: number): number | string => (Number.isFinite(value) ? value : String(value));

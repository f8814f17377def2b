/** By how much another scheme would help the whole model, or that it would not: tried when keeping single units cannot. */
import { type ProbeRunner, passes, SearchStopped } from "./probe-runner.ts";
import type { Advice, ProbeResult, SearchRequest } from "./search.ts";

/**
 * Best gain first, then one sentence on those that changed nothing for the better. A scheme whose tool failed is not spoken of. Stops quietly
 * when the budget is spent: the outcome stands already. Schemes are simulated, so where engines decide they are held against the simulated
 * plain model.
 */
export async function adviseSchemes(
  prober: ProbeRunner,
  { schemes = [], surrogate }: Pick<SearchRequest, "schemes" | "surrogate">,
  empty: ProbeResult,
): Promise<readonly Advice[]> {
  const tried: Gained[] = [];
  const where = surrogate === undefined ? "" : " in the simulation";
  if (schemes.length === 0) return [];
  try {
    const plain = surrogate ? await prober.ask({ phase: "advice", keep: [], half: "search", cheap: true }) : empty;
    if (plain.kind === "unknown") return [];
    for (const scheme of schemes) {
      const result = await prober.tryScheme(scheme);
      if (result.kind === "unknown") continue;
      tried.push({ scheme: scheme.name, beforeDb: plain.sqnrDb, afterDb: result.sqnrDb, passes: passes(result) });
    }
  } catch (error) {
    if (!(error instanceof SearchStopped)) throw error;
  }
  const others = tried.filter((gained) => !isBetter(gained));
  return [
    ...tried
      .filter(isBetter)
      .toSorted((a, b) => b.afterDb - a.afterDb)
      .map((gained) => adviseScheme(gained, where)),
    ...(others.length === 0 ? [] : [withoutGain(others, where)]),
  ];
}

interface Gained {
  readonly scheme: string;
  readonly beforeDb: number;
  readonly afterDb: number;
  readonly passes: boolean;
}

/** NaN is no gain. */
const isBetter = ({ beforeDb, afterDb }: Gained): boolean => afterDb > beforeDb;

function adviseScheme(gained: Gained, where: string): Advice {
  const { scheme, beforeDb, afterDb } = gained;
  const gain = (afterDb - beforeDb).toFixed(1);
  const enough = gained.passes ? "which passes the limits" : "which alone does not pass the limits";
  const text = `Quantise with ${scheme}: ${afterDb.toFixed(1)} dB instead of ${beforeDb.toFixed(1)} dB (+${gain} dB)${where}, ${enough}.`;
  return {
    rule: "scheme",
    text,
    evidence: { scheme, beforeDb: figure(beforeDb), afterDb: figure(afterDb), passes: gained.passes ? "yes" : "no" },
  };
}

function withoutGain(others: readonly Gained[], where: string): Advice {
  const beforeDb = others[0]?.beforeDb ?? Number.NaN;
  const figures = others.map(({ scheme, afterDb }) => `${scheme} (${afterDb.toFixed(1)} dB)`).join(", ");
  return {
    rule: "scheme-without-gain",
    text: `Tried, and no better than the ${beforeDb.toFixed(1)} dB of now${where}: ${figures}.`,
    evidence: { beforeDb: figure(beforeDb), ...Object.fromEntries(others.map(({ scheme, afterDb }) => [scheme, figure(afterDb)])) },
  };
}

/** The report's JSON holds no other numbers. */
const figure = (value: number): number | string => (Number.isFinite(value) ? value : String(value));

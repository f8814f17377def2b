/** By how much another scheme would help the whole model: tried when keeping single units cannot. */
import { type Prober, passes, SearchStopped } from "./prober.ts";
import type { Advice, ProbeResult, SearchRequest } from "./search.ts";

/**
 * Best gain first. A scheme that failed or changed nothing for the better is not advised. Stops quietly when the budget is spent: the outcome
 * stands already. Schemes are simulated, so where engines decide they are held against the simulated plain model.
 */
export async function adviseSchemes(
  prober: Prober,
  { schemes = [], surrogate }: Pick<SearchRequest, "schemes" | "surrogate">,
  empty: ProbeResult,
): Promise<readonly Advice[]> {
  const tried: { readonly advice: Advice; readonly gainDb: number }[] = [];
  if (schemes.length === 0) return [];
  try {
    const plain = surrogate ? await prober.ask({ phase: "advice", keep: [], half: "search", cheap: true }) : empty;
    if (plain.kind === "unknown") return [];
    for (const scheme of schemes) {
      const result = await prober.tryScheme(scheme);
      if (result.kind === "unknown") continue;
      const gainDb = result.sqnrDb - plain.sqnrDb;
      const gained = { scheme: scheme.name, beforeDb: plain.sqnrDb, afterDb: result.sqnrDb, passes: passes(result) };
      if (gainDb > 0) tried.push({ gainDb, advice: adviseScheme(gained, surrogate === undefined ? "" : " in the simulation") });
    }
  } catch (error) {
    if (!(error instanceof SearchStopped)) throw error;
  }
  return tried.toSorted((a, b) => b.gainDb - a.gainDb).map(({ advice }) => advice);
}

interface Gained {
  readonly scheme: string;
  readonly beforeDb: number;
  readonly afterDb: number;
  readonly passes: boolean;
}

function adviseScheme(gained: Gained, where: string): Advice {
  const { scheme, beforeDb, afterDb } = gained;
  const gain = (afterDb - beforeDb).toFixed(1);
  const enough = gained.passes ? "which passes the limits" : "which alone does not pass the limits";
  const text = `Quantise with ${scheme}: ${afterDb.toFixed(1)} dB instead of ${beforeDb.toFixed(1)} dB (+${gain} dB)${where}, ${enough}.`;
  return { rule: "scheme", text, evidence: { ...gained, passes: gained.passes ? "yes" : "no" } };
}

/** By how much another scheme would help the whole model: tried when keeping single units cannot. */
import { type Prober, passes, SearchStopped } from "./prober.ts";
import type { Advice, ProbeResult, Scheme } from "./search.ts";

/** Best gain first. A scheme that failed or changed nothing for the better is not advised. Stops quietly when the budget is spent: the outcome stands already. */
export async function adviseSchemes(prober: Prober, schemes: readonly Scheme[], empty: ProbeResult): Promise<readonly Advice[]> {
  if (empty.kind === "unknown") return [];
  const tried: { readonly advice: Advice; readonly gainDb: number }[] = [];
  try {
    for (const scheme of schemes) {
      const result = await prober.tryScheme(scheme);
      if (result.kind === "unknown") continue;
      const gainDb = result.sqnrDb - empty.sqnrDb;
      if (gainDb > 0) tried.push({ gainDb, advice: adviseScheme(scheme.name, empty.sqnrDb, result.sqnrDb, passes(result)) });
    }
  } catch (error) {
    if (!(error instanceof SearchStopped)) throw error;
  }
  return tried.toSorted((a, b) => b.gainDb - a.gainDb).map(({ advice }) => advice);
}

function adviseScheme(name: string, beforeDb: number, afterDb: number, enough: boolean): Advice {
  const gain = (afterDb - beforeDb).toFixed(1);
  const text = `Quantise with ${name}: ${afterDb.toFixed(1)} dB instead of ${beforeDb.toFixed(1)} dB (+${gain} dB), ${enough ? "which passes the limits" : "which alone does not pass the limits"}.`;
  return { rule: "scheme", text, evidence: { scheme: name, beforeDb, afterDb, passes: enough ? "yes" : "no" } };
}

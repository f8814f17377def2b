/**
 * What must hold before a search makes sense: nothing kept fails, everything kept passes.
 * Where the search half alone does not show the failure the halves change places.
 */
import type { Group } from "./groups.ts";
import { type ProbeRunner, passes } from "./probe-runner.ts";
import type { OutcomeKind, ProbeResult } from "./search.ts";

export interface Premise {
  readonly empty: ProbeResult;
  /** Set when the search ends here. */
  readonly ending?: { readonly kind: OutcomeKind; readonly keep: readonly string[]; readonly why?: string };
}

export interface PremiseFacts {
  /** False: the model with every unit kept is not asked for. */
  readonly withFull: boolean;
  /** Quantisers whose error stays with every unit kept. */
  readonly heldByNoUnit?: readonly string[] | undefined;
}

export async function checkPremise(
  prober: ProbeRunner,
  groups: readonly Group[],
  { withFull, heldByNoUnit = [] }: PremiseFacts,
): Promise<Premise> {
  let empty = await prober.ask({ phase: "premise", keep: [], half: "search" });
  if (passes(empty)) {
    const other = await prober.ask({ phase: "premise", keep: [], half: "accept" });
    if (passes(other)) return { empty, ending: { kind: "nothing-needed", keep: [] } };
    prober.swapHalves();
    empty = other;
  }
  if (empty.kind === "unknown") return { empty, ending: broken(`the plain quantised model could not be measured: ${empty.why}`) };
  if (!withFull) return { empty };

  const full = await prober.ask({ phase: "premise", keep: groups.map((group) => group.id), half: "search" });
  if (passes(full)) return { empty };
  if (full.kind === "unknown") return { empty, ending: broken(`the model with every unit kept could not be measured: ${full.why}`) };
  const missed = (-full.marginDb).toPrecision(3);
  return {
    empty,
    ending: broken(`with every unit kept in higher precision the limit is still missed by ${missed}, ${causeOf(heldByNoUnit)}`),
  };
}

const causeOf = (held: readonly string[]): string =>
  held.length === 0
    ? "so the limit is tighter than the higher precision's own error or its noise; loosen the limit"
    : `and ${held.length === 1 ? `the quantiser '${held[0]}' stays: no unit holds it` : `${held.length} quantisers (first '${held[0]}') stay: no unit holds them`}; quantise without them, or give each a DequantizeLinear of the same scale`;

const broken = (why: string) => ({ kind: "premise-fails", keep: [], why }) as const;

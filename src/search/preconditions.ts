/** What must hold before a search makes sense: nothing kept fails, everything kept passes. */
import type { Group } from "./groups.ts";
import type { OutcomeKind } from "./outcome.ts";
import { type Measured, passes } from "./probe.ts";
import type { ProbeRunner } from "./probe-runner.ts";
import type { SearchRequest } from "./request.ts";

export interface Preconditions {
  /** The plain model on the samples that choose. */
  readonly empty: Measured;
  /**
   * Margin in dB that a set must have on the samples that choose: 0, or by how much these are kinder to the plain model than all samples where only
   * all of them show the failure.
   */
  readonly requiredDb: number;
}

export interface Impossible {
  readonly kind: OutcomeKind;
  readonly why?: string;
}

type Facts = Pick<SearchRequest, "plain" | "heldByNoUnit" | "heldInBodies" | "failsElsewhere">;

/**
 * Impossible where the plain model cannot be measured or already passes. `requiredDb`: by how much the samples that choose flatter the plain model; a set
 * must clear the limit on them by that much.
 */
export async function checkPreconditions(runner: ProbeRunner, facts: Facts): Promise<Preconditions | Impossible> {
  const plain = facts.plain ?? (await runner.ask({ phase: "premise", keep: [], samples: "all" }));
  if (plain.kind === "unknown") return broken(`the plain quantised model could not be measured: ${plain.why}`);
  const { failsElsewhere: why } = facts;
  if (passes(plain)) return { kind: "nothing-needed", ...(why === undefined ? {} : { why }) };
  const empty = await runner.ask({ phase: "premise", keep: [], samples: "choose" });
  if (empty.kind === "unknown") return broken(`the plain quantised model could not be measured: ${empty.why}`);
  return { empty, requiredDb: passes(empty) ? Math.max(0, empty.marginDb - plain.marginDb) : 0 };
}

/** Undefined where everything kept passes. Costs a build where engines decide. */
export async function checkFullSet(runner: ProbeRunner, groups: readonly Group[], facts: Facts): Promise<Impossible | undefined> {
  const full = await runner.ask({ phase: "premise", keep: groups.map((group) => group.id), samples: "choose" });
  if (passes(full)) return undefined;
  if (full.kind === "unknown") return broken(`the model with every unit kept could not be measured: ${full.why}`);
  return broken(`with every unit kept in higher precision the limit is still missed by ${missed(full)} dB, ${causeOf(facts)}`);
}

/** Two readings: something stays quantised, or the limit is beyond the higher precision itself. */
function causeOf({ heldByNoUnit = [], heldInBodies = [] }: Facts): string {
  const [first] = heldInBodies;
  if (first === undefined) return causeOutside(heldByNoUnit);
  const nodes =
    heldInBodies.length === 1
      ? `the compute node ${first} stays`
      : `${heldInBodies.length} compute nodes inside bodies (first: ${first}) stay`;
  return `and ${nodes} quantised, which a search cannot keep: export the model without If, Loop and Scan so that it can, or quantise from a cache without scales of what is read there, so that it runs in float`;
}

const causeOutside = (held: readonly string[]): string =>
  held.length === 0
    ? "so the limit is tighter than the higher precision's own error or its noise; loosen the limit"
    : `and ${held.length === 1 ? `the quantiser '${held[0]}' stays: no unit holds it` : `${held.length} quantisers (first '${held[0]}') stay: no unit holds them`}; quantise without them, or give each a DequantizeLinear of the same scale`;

const missed = ({ marginDb }: Measured): string => (-marginDb).toPrecision(3);
const broken = (why: string): Impossible => ({ kind: "premise-fails", why });

/** True where there is nothing to search. */
export const isImpossible = (found: Preconditions | Impossible): found is Impossible => "kind" in found;

/** The cases on which the search is compared with contiguous bisect: three model families, limits on both sides of what INT8 gives. */

import type { SearchOutcome } from "../src/search/outcome.ts";
import type { Probe } from "../src/search/probe.ts";
import { isDiffuse, searchUnits } from "../src/search/ranked.ts";
import type { ModelCase, OpenCase } from "./search-lane.ts";

export interface SearchCase extends ModelCase {
  readonly limitsDb: readonly number[];
}

export const searchCases: readonly SearchCase[] = [
  {
    key: "cls",
    file: "ch_ppocr_mobile_v2.0_cls_infer.onnx",
    shape: [1, 3, 48, 192],
    samplesPerHalf: 12,
    text: false,
    recordedCache: true,
    limitsDb: [20, 22, 25],
  },
  {
    key: "det4",
    file: "ch_PP-OCRv4_det_infer.onnx",
    shape: [1, 3, 160, 160],
    samplesPerHalf: 12,
    text: true,
    recordedCache: false,
    limitsDb: [17, 18, 20],
  },
  {
    key: "rec4",
    file: "ch_PP-OCRv4_rec_infer.onnx",
    shape: [1, 3, 48, 320],
    samplesPerHalf: 12,
    text: true,
    recordedCache: false,
    limitsDb: [12, 15, 20],
  },
];

export interface Compared {
  readonly model: string;
  readonly units: number;
  readonly limitDb: number;
  readonly plainDb: number;
  readonly ranked: SearchOutcome;
  /** Kept units of a contiguous bisect on the same probes, as `polygraphy debug precision` would; undefined: none found. */
  readonly forward: Contiguous | undefined;
  readonly reverse: Contiguous | undefined;
}

export interface Contiguous {
  readonly kept: number;
  readonly heldOut: boolean;
}

export async function compareOne(model: SearchCase, opened: OpenCase, limitDb: number): Promise<Compared> {
  const probe = opened.probe(limitDb);
  const { units } = opened.lane;
  const plain = await probe(new Set(), "choose");
  const { ranker, samples } = opened.ranking(limitDb);
  const ranked = await searchUnits({
    units,
    probe,
    ranker,
    samples,
    seed: 1,
    budgetMs: 20 * 60_000,
    maxBuilds: Number.POSITIVE_INFINITY,
    clock: { monotonicMs: () => performance.now() },
    cancelled: new AbortController().signal,
  });
  const ids = units.toSorted((a, b) => a.order - b.order).map(({ id }) => id);
  return {
    model: model.key,
    units: units.length,
    limitDb,
    plainDb: plain.kind === "measured" ? plain.sqnrDb : Number.NaN,
    ranked,
    forward: await contiguous(ids, probe),
    reverse: await contiguous(ids.toReversed(), probe),
  };
}

/** The first so many units in this order, by bisection from all of them. */
async function contiguous(ids: readonly string[], probe: Probe): Promise<Contiguous | undefined> {
  const passes = async (kept: number, samples: "choose" | "prove") => {
    const result = await probe(new Set(ids.slice(0, kept)), samples);
    return result.kind === "measured" && result.passes;
  };
  if (!(await passes(ids.length, "choose"))) return undefined;
  let [failing, kept] = [0, ids.length];
  while (kept - failing > 1) {
    const middle = Math.floor((failing + kept) / 2);
    if (await passes(middle, "choose")) kept = middle;
    else failing = middle;
  }
  return { kept, heldOut: await passes(kept, "prove") };
}

/** Fewer units than bisect that the proof samples bear out, or an honest answer that there is none. */
export function isBetter({ ranked, forward, units }: Compared): boolean {
  if (ranked.kind === "diffuse") return ranked.keep.length === 0;
  if (ranked.kind === "not-confirmed") return ranked.proof.state === "missed";
  const accepted = (ranked.kind === "found" || ranked.kind === "prefix") && ranked.proof.result?.passes === true;
  return accepted && !isDiffuse(ranked.keep.length, units) && ranked.keep.length < (forward?.kept ?? units);
}

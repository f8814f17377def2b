/**
 * Chooses a set where probes are cheap: the shortest prefix of the ranking whose interval clears the limit, pruned with the same care. Where no such
 * prefix is short enough, the shortest whose figure passes, as it is: pruning it would fit the few samples that choose.
 */

import type { Ranking } from "./outcome.ts";
import { type Prediction, predictionErrorDb } from "./prediction.ts";
import { type Answer, shortestPrefix } from "./prefix.ts";
import { type ProbeResult, passes, passesSurely } from "./probe.ts";
import type { ProbeRunner } from "./probe-runner.ts";
import { prune } from "./prune.ts";

export interface ChooseRequest {
  readonly ranking: Ranking;
  /** An order that an earlier fix gives, and how many it kept. */
  readonly history?: { readonly ranking: Ranking; readonly length: number } | undefined;
  /** Of the margin, by length of the ranking's prefix. */
  readonly prediction: Prediction;
  readonly requiredDb: number;
  readonly isDiffuse: (kept: number) => boolean;
}

export interface ChosenSet {
  readonly kind: "found" | "prefix";
  readonly keep: readonly string[];
  readonly oneMinimal: boolean;
}

export interface Choice {
  readonly chosen: ChosenSet | undefined;
  /** Shortest passing prefix of each ranking that was searched. */
  readonly prefix: readonly { readonly ranking: Ranking["name"]; readonly length: number | undefined }[];
}

/** Prefixes up to half of the units are searched: pruning often brings them below what counts as diffuse. */
const longestPart = 1 / 2;
const alwaysWorthwhile = 8;

/** Throws SearchStopped as the runner does. */
export async function chooseByProbes(runner: ProbeRunner, request: ChooseRequest): Promise<Choice> {
  const { ranking, history, requiredDb, isDiffuse } = request;
  const longest = Math.min(ranking.order.length, Math.max(alwaysWorthwhile, Math.floor(ranking.order.length * longestPart)));
  const surely = (result: ProbeResult) => passesSurely(result, requiredDb);
  const sure = await shortest(runner, request, longest, surely);
  if (sure !== undefined) {
    const earlier =
      history && history.length < sure ? await shortestOf(runner, history.ranking, history.length, sure - 1, surely) : undefined;
    const start = earlier !== undefined && history ? history.ranking.order.slice(0, earlier) : ranking.order.slice(0, sure);
    const pruned = await pruneSurely(runner, request, start);
    const prefix = [
      { ranking: ranking.name, length: sure },
      ...(history && earlier !== undefined ? [{ ranking: history.ranking.name, length: earlier }] : []),
    ];
    if (!isDiffuse(pruned.keep.length)) return { chosen: { kind: "found", ...pruned }, prefix };
  }
  const passing = await shortest(runner, request, longest, (result) => passes(result, requiredDb));
  const prefix = [{ ranking: ranking.name, length: passing }];
  if (passing === undefined || isDiffuse(passing)) return { chosen: undefined, prefix };
  return { chosen: { kind: "prefix", keep: ranking.order.slice(0, passing), oneMinimal: false }, prefix };
}

type Passes = (result: ProbeResult) => boolean;

function shortest(runner: ProbeRunner, { ranking, prediction, requiredDb }: ChooseRequest, longest: number, doesPass: Passes) {
  const guess = prediction.tells
    ? (prediction.shortest(requiredDb, 1, longest) ?? longest)
    : Math.ceil(ranking.order.length / alwaysWorthwhile);
  return shortestOf(runner, ranking, guess, longest, doesPass);
}

function shortestOf(runner: ProbeRunner, ranking: Ranking, guess: number, longest: number, doesPass: Passes): Promise<number | undefined> {
  const ask = async (length: number): Promise<Answer> =>
    answerOf(
      await runner.ask({ phase: "prefix", ranking: ranking.name, keep: ranking.order.slice(0, length), samples: "choose" }),
      doesPass,
    );
  return shortestPrefix(ask, { guess, longest });
}

const answerOf = (result: ProbeResult, doesPass: Passes): Answer =>
  result.kind === "unknown" ? "unknown" : doesPass(result) ? "pass" : "fail";

/** A run whose rest is predicted to miss by more than twice the prediction's own error is not tried. */
function pruneSurely(runner: ProbeRunner, { ranking, requiredDb }: ChooseRequest, keep: readonly string[]) {
  const energy = (id: string) => 10 ** (-(ranking.alone.get(id)?.marginDb ?? Number.POSITIVE_INFINITY) / 10);
  const total = ranking.order.reduce((sum, id) => sum + energy(id), 0);
  return prune(keep, {
    ask: async (rest) => {
      const result = await runner.ask({ phase: "prune", ranking: ranking.name, keep: rest, samples: "choose" });
      return answerOf(result, (one) => passesSurely(one, requiredDb));
    },
    isOutOfReach: (rest) => -10 * Math.log10(total - rest.reduce((sum, id) => sum + energy(id), 0)) < requiredDb - 2 * predictionErrorDb,
  });
}

/**
 * Drops members of a passing set until none can go: first whole runs, then single members, then again until a round changes nothing.
 * The result is 1-minimal, not the smallest there is.
 */
import type { Answer } from "./prefix.ts";

export interface Pruning {
  readonly ask: (keep: readonly string[]) => Promise<Answer>;
  /** True where dropping this whole run is not worth a question. Single members are always asked about. */
  readonly isOutOfReach: (rest: readonly string[]) => boolean;
}

export interface Pruned {
  readonly keep: readonly string[];
  /** True when dropping any one member was measured to fail. An unknown answer keeps the member and loses the claim. */
  readonly oneMinimal: boolean;
}

/** `ranked`: members, most deserving first; the least deserving are tried first. */
export async function prune(ranked: readonly string[], { ask, isOutOfReach }: Pruning): Promise<Pruned> {
  let keep = ranked;
  const drop = async (run: readonly string[]): Promise<Answer> => {
    const gone = new Set(run);
    const rest = keep.filter((id) => !gone.has(id));
    if (rest.length === 0 || (run.length > 1 && isOutOfReach(rest))) return "fail";
    const answer = await ask(rest);
    if (answer === "pass") keep = rest;
    return answer;
  };

  for (let size = Math.floor(ranked.length / 2); size >= 2; size = Math.floor(size / 2)) {
    for (let end = keep.length; end > 0; end -= size) await drop(keep.slice(Math.max(0, end - size), end));
  }
  for (;;) {
    const answers: Answer[] = [];
    for (const id of keep.toReversed()) answers.push(await drop([id]));
    if (!answers.includes("pass")) return { keep, oneMinimal: !answers.includes("unknown") };
  }
}

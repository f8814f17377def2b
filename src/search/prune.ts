/**
 * Drops members of a passing set until none can go: first whole runs, then single members, then again until a round changes nothing.
 * The result is 1-minimal, not the smallest there is.
 */
import type { Answer } from "./prefix.ts";

export type AskSet = (keep: readonly string[], phase: "prune" | "sweep") => Promise<Answer>;

export interface Pruned {
  readonly keep: readonly string[];
  /** True when dropping any one member was measured to fail. An unknown answer keeps the member and loses the claim. */
  readonly oneMinimal: boolean;
}

/** `ranked`: members, most deserving first; the least deserving are tried first. `onShorter` hears of every smaller passing set. */
export async function prune(
  ranked: readonly string[],
  ask: AskSet,
  onShorter: (keep: readonly string[]) => void = () => {},
): Promise<Pruned> {
  let keep = ranked;
  const drop = async (run: readonly string[], phase: "prune" | "sweep"): Promise<Answer> => {
    const gone = new Set(run);
    const rest = keep.filter((id) => !gone.has(id));
    const answer = rest.length > 0 ? await ask(rest, phase) : "fail";
    if (answer !== "pass") return answer;
    keep = rest;
    onShorter(keep);
    return answer;
  };

  for (let size = Math.floor(ranked.length / 2); size >= 2; size = Math.floor(size / 2)) {
    for (let end = keep.length; end > 0; end -= size) await drop(keep.slice(Math.max(0, end - size), end), "prune");
  }
  for (;;) {
    const answers: Answer[] = [];
    for (const id of keep.toReversed()) answers.push(await drop([id], "sweep"));
    if (!answers.includes("pass")) return { keep, oneMinimal: !answers.includes("unknown") };
  }
}

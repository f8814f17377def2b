/**
 * Asks probes for the search: each set once, failed tools again, everything within the budget and into the journal.
 * Knows nothing of rankings or of what the next question will be.
 */
import { type Group, unitsOf } from "./groups.ts";
import type { OpenJournal } from "./journal.ts";
import type { Confirmation, Probe, ProbeRecord, ProbeResult, RankingName, Scheme, SearchRequest } from "./search.ts";

/** Ends a search early; the best set so far is the answer. */
export class SearchStopped extends Error {
  override readonly name = "SearchStopped";
  readonly reason: "budget" | "tool-failing";
  constructor(reason: "budget" | "tool-failing", message: string) {
    super(message);
    this.reason = reason;
  }
}

export interface Question {
  /** `rank`: not recorded one by one; a ranking's score says it all. */
  readonly phase: ProbeRecord["phase"] | "rank";
  /** Ids of groups. */
  readonly keep: readonly string[];
  readonly half: "search" | "accept";
  readonly ranking?: RankingName;
  /** Ask the surrogate, where there is one. */
  readonly cheap?: boolean;
  /** Ask on the ranking samples, where there are some. */
  readonly onRankingSamples?: boolean;
}

const UNKNOWN_IN_A_ROW = 3;

export class ProbeRunner {
  readonly records: ProbeRecord[] = [];
  readonly #request: SearchRequest;
  readonly #groups: readonly Group[];
  readonly #position: ReadonlyMap<string, number>;
  readonly #journal: OpenJournal;
  readonly #startedMs: number;
  readonly #known = new Map<string, ProbeResult>();
  readonly #recorded = new Set<string>();
  readonly #built = new Set<string>([""]);
  #freshBuilds = 0;
  #replayedSeconds = 0;
  #unknownInARow = 0;
  #swapped = false;
  /** Sets that passed a half, as they came. */
  readonly #passed: Readonly<Record<"search" | "accept", (readonly string[])[]>> = { search: [], accept: [] };
  readonly #refused = new Set<string>();
  readonly #confirmations = new Map<string, Confirmation[]>();

  constructor(request: SearchRequest, groups: readonly Group[], journal: OpenJournal) {
    this.#request = request;
    this.#groups = groups;
    this.#position = new Map(groups.map((group, i) => [group.id, i]));
    this.#journal = journal;
    this.#startedMs = request.clock.monotonicMs();
  }

  /** Seconds of this run and of the run that it continues. */
  get seconds(): number {
    return (this.#request.clock.monotonicMs() - this.#startedMs) / 1000 + this.#replayedSeconds;
  }

  get builds(): number {
    return this.#built.size - 1 + this.#freshBuilds;
  }

  get hasRanker(): boolean {
    return this.#request.ranker !== undefined;
  }

  get buildsLeft(): number {
    return this.#request.maxBuilds - this.builds;
  }

  /** Smallest set that passed the held-out half, else the smallest that passed the search half: group ids. None that a fresh build refused. */
  get best(): readonly string[] | undefined {
    const smallest = (sets: readonly (readonly string[])[]) =>
      sets.filter((set) => !this.isRefused(set)).toSorted((a, b) => a.length - b.length)[0];
    return smallest(this.#passed.accept) ?? smallest(this.#passed.search);
  }

  /** A fresh build of this very set missed the limit: it is no answer, however well it did before and under whichever ranking it comes. */
  isRefused(keep: readonly string[]): boolean {
    return this.#refused.has(this.#setOf(keep));
  }

  /** What the fresh builds of just these groups gave, in order. */
  confirmationsOf(keep: readonly string[]): readonly Confirmation[] {
    return this.#confirmations.get(this.#setOf(keep)) ?? [];
  }

  /** The half that nothing was searched on, as the samples are named outside. */
  get heldOutHalf(): Question["half"] {
    return this.#half("accept");
  }

  /** From now on the two halves change places: what was held out is searched on. */
  swapHalves(): void {
    this.#swapped = true;
  }

  /** The settled answer to a question. Throws SearchStopped when the budget is spent or the tool keeps failing. */
  async ask(question: Question): Promise<ProbeResult> {
    const key = this.#key(question);
    const known = this.#known.get(key);
    if (known) {
      if (!this.#recorded.has(key)) this.#record(question, key, known);
      return known;
    }
    const result = await this.#withRetry(question, key, false);
    this.#known.set(key, result);
    if (this.#isCheap(question)) return result;
    this.#watchTool(result);
    if (passes(result)) this.#rememberBest(question);
    return result;
  }

  /** One fresh build, never taken from memory. */
  async confirm(keep: readonly string[]): Promise<ProbeResult> {
    const question: Question = { phase: "confirm", keep, half: "accept" };
    const result = await this.#withRetry(question, this.#key(question), true);
    // A tool that failed says nothing of the set.
    if (result.kind !== "measured") return result;
    const set = this.#setOf(keep);
    this.#confirmations.set(set, [...(this.#confirmations.get(set) ?? []), result]);
    if (!passes(result)) this.#refused.add(set);
    return result;
  }

  /** The whole model quantised in another way. */
  async tryScheme(scheme: Scheme): Promise<ProbeResult> {
    this.#request.cancelled.throwIfAborted();
    this.#checkTime();
    const key = `scheme ${scheme.name}`;
    const result = await this.#remember(key, scheme.probeEmpty);
    const named: ProbeResult = result.kind === "measured" ? { ...result, note: scheme.name } : result;
    this.records.push({ n: this.records.length + 1, phase: "advice", half: this.#half("search"), keep: [], result: named });
    return result;
  }

  async #withRetry(question: Question, key: string, fresh: boolean): Promise<ProbeResult> {
    const result = await this.#once(question, key, fresh);
    return result.kind === "unknown" ? this.#once(question, key, fresh) : result;
  }

  async #once(question: Question, key: string, fresh: boolean): Promise<ProbeResult> {
    this.#request.cancelled.throwIfAborted();
    const cheap = this.#isCheap(question);
    this.#checkBudget(cheap ? undefined : this.#setOf(question.keep), fresh);
    const source = this.#sourceOf(question);
    const keep = new Set(unitsOf(this.#groups, question.keep));
    const result = await this.#remember(key, () => source(keep, this.#half(question.half), fresh ? { fresh } : undefined));
    this.#record(question, key, result);
    return result;
  }

  /** From the journal where it stands there, else made now and written down. */
  async #remember(key: string, make: () => Promise<ProbeResult>): Promise<ProbeResult> {
    const earlier = this.#journal.take(key);
    if (earlier) {
      this.#replayedSeconds += earlier.waitedSeconds;
      return earlier.result;
    }
    const startMs = this.#request.clock.monotonicMs();
    const result = await make();
    await this.#journal.add({ key, result, waitedSeconds: (this.#request.clock.monotonicMs() - startMs) / 1000 });
    return result;
  }

  #record(question: Question, key: string, result: ProbeResult): void {
    const { phase, ranking } = question;
    if (phase === "rank" || this.#isCheap(question)) return;
    this.#recorded.add(key);
    const keep = unitsOf(this.#groups, question.keep);
    this.records.push({
      n: this.records.length + 1,
      phase,
      ...(ranking ? { ranking } : {}),
      half: this.#half(question.half),
      keep,
      result,
    });
  }

  #sourceOf(question: Question): Probe {
    const { ranker, surrogate, probe } = this.#request;
    return (question.onRankingSamples ? ranker : undefined) ?? (question.cheap ? surrogate : undefined) ?? probe;
  }

  #isCheap(question: Question): boolean {
    return this.#sourceOf(question) !== this.#request.probe;
  }

  #checkBudget(set: string | undefined, fresh: boolean): void {
    const { maxBuilds } = this.#request;
    this.#checkTime();
    if (set === undefined || (!fresh && this.#built.has(set))) return;
    if (!(this.builds < maxBuilds)) throw new SearchStopped("budget", `all ${maxBuilds} builds are spent`);
    if (fresh) this.#freshBuilds++;
    else this.#built.add(set);
  }

  #checkTime(): void {
    const { budgetMs } = this.#request;
    if (!(this.seconds * 1000 < budgetMs)) throw new SearchStopped("budget", `the time of ${budgetMs / 60_000} min is spent`);
  }

  #watchTool(result: ProbeResult): void {
    this.#unknownInARow = result.kind === "unknown" ? this.#unknownInARow + 1 : 0;
    if (result.kind === "unknown" && this.#unknownInARow >= UNKNOWN_IN_A_ROW)
      throw new SearchStopped("tool-failing", `${UNKNOWN_IN_A_ROW} probes in a row failed, the last with: ${result.why}`);
  }

  /** The held-out half is only ever asked about sets that passed the search half, and about the empty set. */
  #rememberBest({ keep, half }: Question): void {
    if (keep.length > 0) this.#passed[half].push([...keep]);
  }

  #half(half: Question["half"]): Question["half"] {
    if (!this.#swapped) return half;
    return half === "search" ? "accept" : "search";
  }

  #key(question: Question): string {
    const by = this.#sourceOf(question);
    const source = by === this.#request.probe ? "probe" : by === this.#request.ranker ? "ranker" : "surrogate";
    const kind = question.phase === "confirm" ? "confirm" : "set";
    return `${source} ${this.#half(question.half)} ${kind} ${this.#setOf(question.keep)}`;
  }

  #setOf(keep: readonly string[]): string {
    const positions = keep.map((id) => this.#position.get(id) ?? -1).toSorted((a, b) => a - b);
    return keyOfSet(positions, this.#groups.length);
  }
}

/** Positive: an unknown or NaN result never passes. `guardDb`: least margin that counts. */
export const passes = (result: ProbeResult, guardDb = 0): boolean =>
  result.kind === "measured" && result.passes && result.marginDb >= guardDb;

/** Short text for a set: positions, or those left out where they are fewer. */
function keyOfSet(indices: readonly number[], count: number): string {
  if (indices.length * 2 <= count) return indices.join(",");
  const inside = new Set(indices);
  const outside = Array.from({ length: count }, (_, i) => i).filter((i) => !inside.has(i));
  return `!${outside.join(",")}`;
}

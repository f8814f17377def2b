/**
 * Asks probes for the search: each set once, failed tools again, everything within the budget and into the journal.
 * Knows nothing of rankings or of what the next question will be.
 */
import { plural } from "../model/plural.ts";
import { type Group, unitsOf } from "./groups.ts";
import type { OpenJournal } from "./journal.ts";
import type { ProbeRecord, RankingName } from "./outcome.ts";
import { type ProbeResult, passes, type SampleSet, type Slice } from "./probe.ts";
import type { Scheme, SearchRequest } from "./request.ts";

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
  readonly phase: ProbeRecord["phase"];
  /** Ids of groups. */
  readonly keep: readonly string[];
  readonly samples: SampleSet;
  readonly ranking?: RankingName;
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
  readonly #built = new Set<string>([""]);
  #replayedSeconds = 0;
  #unknownInARow = 0;
  /** Smallest set that passed on the samples that choose: group ids. */
  best: readonly string[] | undefined;

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
    return this.#built.size - 1;
  }

  /** The settled answer to a question. Throws SearchStopped when the budget is spent or the tool keeps failing. */
  async ask(question: Question): Promise<ProbeResult> {
    const key = `${question.samples} ${this.#setOf(question.keep)}`;
    const known = this.#known.get(key);
    if (known) return known;
    this.#checkBudget(this.#setOf(question.keep));
    this.#tell(`probe ${this.records.length + 1}, ${question.keep.length} of ${plural(this.#groups.length, this.#word)} kept`);
    const result = await this.#settled(question, key);
    this.#watchTool(result);
    if (question.samples === "choose" && passes(result)) this.#rememberBest(question.keep);
    return result;
  }

  /** What was already answered. */
  knownOf(keep: readonly string[], samples: SampleSet): ProbeResult | undefined {
    return this.#known.get(`${samples} ${this.#setOf(keep)}`);
  }

  /**
   * On the proof samples, also where the time is spent: an answer without its proof is worth little. A failing tool stops nothing here. Not from
   * the journal: what is proved is an engine of this run.
   */
  async prove(keep: readonly string[]): Promise<ProbeResult> {
    const question: Question = { phase: "prove", keep, samples: "prove" };
    this.#tell(`proving what ${keep.length} of ${plural(this.#groups.length, this.#word)} give`);
    const ask = () => {
      this.#request.cancelled.throwIfAborted();
      return this.#request.probe(new Set(unitsOf(this.#groups, keep)), "prove");
    };
    const first = await ask();
    const result = first.kind === "unknown" ? await ask() : first;
    this.#record(question, result);
    return result;
  }

  /** On ranking samples, by the ranker. Not recorded one by one: a ranking says it all. */
  async askRanker(keep: readonly string[], slice: Slice): Promise<ProbeResult> {
    const { ranker, cancelled } = this.#request;
    if (ranker === undefined) return { kind: "unknown", why: "there is nothing to rank with", seconds: 0 };
    const key = `rank ${slice.from}+${slice.count} ${this.#setOf(keep)}`;
    const known = this.#known.get(key);
    if (known) return known;
    cancelled.throwIfAborted();
    this.#checkTime();
    const result = await this.#remember(key, () => ranker.probe(new Set(unitsOf(this.#groups, keep)), slice));
    this.#known.set(key, result);
    return result;
  }

  /** The whole model quantised in another way. */
  async tryScheme(scheme: Scheme): Promise<ProbeResult> {
    this.#request.cancelled.throwIfAborted();
    this.#checkTime();
    const result = await this.#remember(`scheme ${scheme.name}`, scheme.probeEmpty);
    const named: ProbeResult = result.kind === "measured" ? { ...result, note: scheme.name } : result;
    this.#record({ phase: "advice", samples: "choose", keep: [] }, named);
    return result;
  }

  /** A tool that failed is asked once more; its first try is no answer and is not recorded. */
  async #settled(question: Question, key: string): Promise<ProbeResult> {
    const first = await this.#once(question, key);
    const result = first.kind === "unknown" ? await this.#once(question, key) : first;
    this.#known.set(key, result);
    this.#record(question, result);
    return result;
  }

  #once({ keep, samples }: Question, key: string): Promise<ProbeResult> {
    this.#request.cancelled.throwIfAborted();
    return this.#remember(key, () => this.#request.probe(new Set(unitsOf(this.#groups, keep)), samples));
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

  #record({ phase, ranking, samples, keep }: Question, result: ProbeResult): void {
    this.records.push({
      n: this.records.length + 1,
      phase,
      ...(ranking ? { ranking } : {}),
      samples,
      keep: unitsOf(this.#groups, keep),
      result,
    });
  }

  get #word(): string {
    return this.#request.group === "block" ? "block" : "unit";
  }

  /** With the minutes that the search may take, once it has taken one. */
  #tell(what: string): void {
    const { budgetMs, progress } = this.#request;
    const minutes = Math.floor(this.seconds / 60);
    progress?.(minutes === 0 ? what : `${what} (${minutes} of at most ${Math.round(budgetMs / 60_000)} min)`);
  }

  #checkBudget(set: string): void {
    const { maxBuilds } = this.#request;
    this.#checkTime();
    if (this.#built.has(set)) return;
    if (!(this.builds < maxBuilds)) throw new SearchStopped("budget", `all ${maxBuilds} builds are spent`);
    this.#built.add(set);
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

  #rememberBest(keep: readonly string[]): void {
    if (keep.length > 0 && keep.length < (this.best?.length ?? Number.POSITIVE_INFINITY)) this.best = [...keep];
  }

  #setOf(keep: readonly string[]): string {
    const positions = keep.map((id) => this.#position.get(id) ?? -1).toSorted((a, b) => a - b);
    return keyOfSet(positions, this.#groups.length);
  }
}

/** Short text for a set: positions, or those left out where they are fewer. */
function keyOfSet(indices: readonly number[], count: number): string {
  if (indices.length * 2 <= count) return indices.join(",");
  const inside = new Set(indices);
  const outside = Array.from({ length: count }, (_, i) => i).filter((i) => !inside.has(i));
  return `!${outside.join(",")}`;
}

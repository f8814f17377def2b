/**
 * Reads layer tensors by marking them as outputs, a batch at a time, and keeps only what marking left believable:
 * a batch whose build fails, or that moves the final output more than quantisation itself does, is split, then dropped and named.
 */
import { ToolError } from "../../effects/failure.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { influenceDb } from "./influence.ts";
import type { Recipe, Session, Side } from "./session.ts";

export interface MarkedTensors {
  /** Marked tensor -> the engine that gives it. */
  readonly sides: ReadonlyMap<string, Side>;
  readonly dropped: readonly string[];
  /** Worst SQNR of a kept marked engine's final outputs against the plain one's; Infinity where none moved. */
  readonly influenceDb: number;
}

export interface MarkRequest {
  readonly session: Session;
  readonly recipe: Recipe;
  readonly marks: readonly string[];
  readonly batch: number;
  /** The same engine without marks. */
  readonly plain: Side;
  readonly outputs: readonly string[];
  readonly samples: number;
  /** Least influence in dB that is kept. */
  readonly limitDb: number;
  onBuilt(side: Side, influenceDb: number): void;
}

/** Halvings of one batch: an engine costs 20 s, so a batch that stays bad is given up. */
const mostSplits = 2;
const splitReasons: ReadonlySet<string> = new Set(["build-failed", "gpu-oom"]);

export async function markTensors(request: MarkRequest): Promise<MarkedTensors> {
  const sides = new Map<string, Side>();
  const dropped: string[] = [];
  let worstDb = Number.POSITIVE_INFINITY;
  const mark = async (names: readonly string[], splitsLeft: number): Promise<void> => {
    const built = await tryBuild(request, names);
    if (built !== undefined && built.movedDb >= request.limitDb) {
      worstDb = Math.min(worstDb, built.movedDb);
      for (const name of names) sides.set(name, built.side);
    } else if (names.length > 1 && splitsLeft > 0) {
      const half = Math.ceil(names.length / 2);
      await mark(names.slice(0, half), splitsLeft - 1);
      await mark(names.slice(half), splitsLeft - 1);
    } else {
      dropped.push(...names);
    }
  };
  for (let at = 0; at < request.marks.length; at += request.batch) await mark(request.marks.slice(at, at + request.batch), mostSplits);
  return { sides, dropped, influenceDb: worstDb };
}

async function tryBuild(request: MarkRequest, marks: readonly string[]): Promise<{ readonly side: Side; readonly movedDb: number } | undefined> {
  try {
    const side = await request.session.make({ ...request.recipe, what: `${request.recipe.what} with ${marks.length} marked tensors`, marks });
    const movedDb = influenceDb(await outputPairs(request.plain, side, request.outputs, request.samples));
    request.onBuilt(side, movedDb);
    return { side, movedDb };
  } catch (error) {
    if (error instanceof ToolError && splitReasons.has(error.reason)) return undefined;
    throw error;
  }
}

/** Final outputs of two engines, sample by sample. */
export async function outputPairs(a: Side, b: Side, outputs: readonly string[], samples: number): Promise<(readonly [Tensor, Tensor])[]> {
  const pairs: (readonly [Tensor, Tensor])[] = [];
  for (let sample = 0; sample < samples; sample++) for (const name of outputs) {
    const [first, second] = await Promise.all([a.tensor(sample, name), b.tensor(sample, name)]);
    if (first !== undefined && second !== undefined && first.data.length === second.data.length) pairs.push([first, second]);
  }
  return pairs;
}

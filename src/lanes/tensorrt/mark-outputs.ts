/**
 * Reads layer tensors by marking them as outputs, a batch at a time, and keeps only what marking left believable:
 * a batch whose build fails, or that moves the final output more than another build of the same engine could, is made smaller, then dropped and named.
 */
import { ToolError } from "../../effects/failure.ts";
import type { Recipe } from "./recipe.ts";
import type { Session, Side } from "./session.ts";
import { outputPairs, smallestSqnrDb } from "./side-pairs.ts";

export interface MarkedTensors {
  /** Marked tensor -> the engine that gives it. */
  readonly sides: ReadonlyMap<string, Side>;
  readonly dropped: readonly string[];
  /** SQNR of the final outputs of the kept engine that marking moved most against the plain engine's, dB; NaN where nothing was marked. */
  readonly worstDb: number;
}

export interface MarkRequest {
  readonly session: Pick<Session, "make">;
  readonly recipe: Recipe;
  readonly marks: readonly string[];
  readonly batch: number;
  /** The same engine without marks. */
  readonly plain: Side;
  readonly outputs: readonly string[];
  readonly samples: readonly number[];
  /** SQNR of the plain engines against each other, dB. */
  readonly errorDb: number;
  onBuilt(side: Side, movedDb: number): void;
}

/** Two engines whose errors are equal and independent differ by 3 dB more than each from the reference: marking may not move more than that. */
const independentDb = 3;
/** Builds that may be wasted on batches that turn out bad. */
const mostRetries = 6;
const splitReasons: ReadonlySet<string> = new Set(["build-failed", "gpu-oom"]);

/** `worstDb` is NaN where no batch was believed. */
export async function markTensors(request: MarkRequest): Promise<MarkedTensors> {
  const sides = new Map<string, Side>();
  const dropped: string[] = [];
  let worstDb = Number.NaN;
  let most = request.batch;
  let size = most;
  let retries = 0;
  for (let at = 0; at < request.marks.length; ) {
    const names = request.marks.slice(at, at + size);
    const built = await tryBuild(request, names);
    if (typeof built !== "string" && built.movedDb >= request.errorDb - independentDb) {
      for (const name of names) sides.set(name, built.side);
      if (!(built.movedDb >= worstDb)) worstDb = built.movedDb;
      at += names.length;
      size = Math.min(most, size * 2);
    } else if (names.length > 1 && retries < mostRetries) {
      retries += 1;
      size = Math.ceil(names.length / 2);
      // The GPU's memory does not grow back: no larger batch is tried again.
      if (built === "gpu-oom") most = size;
    } else {
      dropped.push(...names);
      at += names.length;
    }
  }
  return { sides, dropped, worstDb };
}

/** A reason where the build failed in a way that fewer marks may mend. */
async function tryBuild(
  request: MarkRequest,
  marks: readonly string[],
): Promise<{ readonly side: Side; readonly movedDb: number } | string> {
  try {
    const side = await request.session.make({
      ...request.recipe,
      what: `${request.recipe.what} with ${marks.length} marked tensors`,
      marks,
    });
    const compared = { reference: request.plain, candidate: side, outputs: request.outputs };
    const movedDb = await smallestSqnrDb(outputPairs(compared, request.samples));
    request.onBuilt(side, movedDb);
    return { side, movedDb };
  } catch (error) {
    if (error instanceof ToolError && splitReasons.has(error.reason)) return error.reason;
    throw error;
  }
}

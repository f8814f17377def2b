/** Which of two results of one pull request counts: that of the newest head, then of the newest run. Pure. */
import type { CommentState } from "../report/marker.ts";
import type { StoredComment } from "./comments.ts";

/** True where `a` comes from a later run than `b`, or from a later attempt of the same run. Run ids only grow. An unreadable state is oldest. */
export function isNewer(a: CommentState | undefined, b: CommentState | undefined): boolean {
  if (a === undefined || b === undefined) return b === undefined && a !== undefined;
  const runs = Number(a.runId) - Number(b.runId);
  return runs !== 0 ? runs > 0 : a.runAttempt > b.runAttempt;
}

/** `head` is the pull request's head now. A run about an older commit leaves an existing comment to the run about the head. */
export function mayReplace(stored: CommentState | undefined, ours: CommentState, head: string): boolean {
  if (stored === undefined) return true;
  if (stored.headSha === ours.headSha) return !isNewer(stored, ours);
  if (ours.headSha === head) return true;
  return stored.headSha !== head && isNewer(ours, stored);
}

/** Of several: about the head first, then the newest run, then the oldest comment. Undefined for none. */
export function pickSurvivor(comments: readonly StoredComment[], head: string): StoredComment | undefined {
  const order = (a: StoredComment, b: StoredComment): number => {
    const heads = Number(b.state?.headSha === head) - Number(a.state?.headSha === head);
    if (heads !== 0) return heads;
    if (isNewer(a.state, b.state)) return -1;
    return isNewer(b.state, a.state) ? 1 : a.id - b.id;
  };
  return comments.toSorted(order)[0];
}

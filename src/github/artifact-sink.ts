/**
 * Uploads the report folder as one artifact of the run, within a time limit. Never changes the verdict: what goes wrong is a warning
 * that says where the files are. Only files handed in are uploaded.
 */
import { createHash } from "node:crypto";
import type { Effects } from "../effects/effects.ts";

export interface ArtifactRequest {
  /** Empty: nothing is uploaded. */
  readonly name: string;
  readonly jobKey: string;
  readonly runAttempt: number;
  readonly retentionDays: number | undefined;
  /** Absolute. */
  readonly folder: string;
  /** Absolute paths below `folder`. */
  readonly files: readonly string[];
  /** For the link: `https://github.com/o/r/actions/runs/1`. */
  readonly runUrl: string | undefined;
  readonly timeoutMs?: number;
}

export interface ArtifactResult {
  readonly url: string | undefined;
  readonly warnings: readonly string[];
}

/** The client itself spends 30 s on a server that only answers 500; past this the report waits for nobody. */
const defaultTimeoutMs = 60_000;

/** Never rejects: what went wrong is a warning. No URL where nothing was uploaded. */
export async function uploadArtifact(
  request: ArtifactRequest,
  effects: Pick<Effects, "env" | "clock" | "cancelled">,
): Promise<ArtifactResult> {
  if (request.name === "" || request.files.length === 0) return { url: undefined, warnings: [] };
  const here = `The report is in ${request.folder}.`;
  if (!effects.env.ACTIONS_RUNTIME_TOKEN || !effects.env.ACTIONS_RESULTS_URL) {
    return failed(
      `The report was not uploaded: this runner offers no artifact service. ${here} Upload it with a step of its own (actions/upload-artifact@v3 on GitHub Enterprise Server, Gitea and Forgejo).`,
    );
  }
  const name = artifactName(request.name, request.jobKey, request.runAttempt);
  try {
    const { DefaultArtifactClient } = await import("@actions/artifact");
    const options = request.retentionDays === undefined ? {} : { retentionDays: request.retentionDays };
    const upload = new DefaultArtifactClient().uploadArtifact(name, [...request.files], request.folder, options);
    const done = await withinTime(upload, request.timeoutMs ?? defaultTimeoutMs, effects);
    if (done === undefined)
      return failed(`The report was not uploaded within the time limit. ${here} Run the job again if the artifact is needed.`);
    return { url: request.runUrl && done.id !== undefined ? `${request.runUrl}/artifacts/${done.id}` : undefined, warnings: [] };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const next =
      error instanceof Error && error.name === "GHESNotSupportedError"
        ? "On GitHub Enterprise Server upload the folder with actions/upload-artifact@v3."
        : "The verdict stands.";
    return failed(`The report was not uploaded as ${name}: ${message}. ${here} ${next}`);
  }
}

/**
 * Names are unique in a run and refuse `" : < > | * ? \ /` and line breaks. A matrix job gets 8 hex digits of its job key, a repeated attempt its number.
 */
export function artifactName(name: string, jobKey: string, runAttempt: number): string {
  const plain = name.replace(/[":<>|*?\\/\r\n]/g, "-");
  const matrix = jobKey.trimEnd().endsWith("}") ? `-${createHash("sha256").update(jobKey).digest("hex").slice(0, 8)}` : "";
  return `${plain}${matrix}${runAttempt > 1 ? `-attempt-${runAttempt}` : ""}`;
}

/** Undefined at the end of the time or on cancel. The upload cannot be stopped; a late failure of it is nobody's. */
async function withinTime<T>(
  work: Promise<T>,
  timeoutMs: number,
  { clock, cancelled }: Pick<Effects, "clock" | "cancelled">,
): Promise<T | undefined> {
  const over = new AbortController();
  const signal = AbortSignal.any([cancelled, over.signal]);
  const limit = clock.sleep(timeoutMs, signal).then(
    () => undefined,
    () => undefined,
  );
  work.catch(() => undefined);
  try {
    return await Promise.race([work, limit]);
  } finally {
    over.abort();
  }
}

const failed = (warning: string): ArtifactResult => ({ url: undefined, warnings: [warning] });

/**
 * How the process itself ends: signals cancel the run, an error that nobody caught is a bug (exit 5), and a full standard output is no verdict.
 * Decides nothing of what a run does meanwhile.
 */
import { exitCodes } from "./gate/exit-code.ts";

/** The runner kills the process alone 7.5 s after SIGINT: what is not written by then is lost. */
const patienceMs = 6500;
/** A bug may have left the effects unable to clean up. */
const cleanupMs = 3000;

export interface ProcessGuard {
  /** Aborted by the first SIGINT or SIGTERM, and by a bug; a signal behind that ends the process at once. */
  readonly cancelled: AbortSignal;
  /** Why standard output could not be written; undefined where it could, and where its reader merely went away. */
  outputFailure(): string | undefined;
  /** What has to be said and taken away before the process ends by a bug. */
  onBug(end: (error: unknown) => Promise<void>): void;
}

/** Installs the handlers for the rest of the process's life. */
export function guardProcess(): ProcessGuard {
  const cancel = new AbortController();
  const stop = (signal: NodeJS.Signals): void => {
    if (cancel.signal.aborted) process.exit(process.exitCode ?? exitCodes.undecided);
    cancel.abort(new Error(`cancelled by ${signal}`));
    setTimeout(() => process.exit(exitCodes.undecided), patienceMs).unref();
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);

  let failure: string | undefined;
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    // A reader that went away (`trt-gate … | head`) is no failure of ours.
    if (error.code !== "EPIPE") failure ??= error.message;
  });
  // There is no place left to say it.
  process.stderr.on("error", () => undefined);

  // Until there are effects: the first lines of an entry.
  let end = async (error: unknown): Promise<void> => {
    process.stderr.write(
      `error: This is a bug in the gate; please report it with these lines.\n${error instanceof Error ? error.stack : error}\n`,
    );
  };
  let isEnding = false;
  const bug = (error: unknown): void => {
    if (isEnding) return;
    isEnding = true;
    // Whatever fails once a run was cancelled, fails because of that.
    const code = cancel.signal.aborted ? exitCodes.undecided : exitCodes.bug;
    process.exitCode = code;
    setTimeout(() => process.exit(code), cleanupMs);
    const ended = end(error);
    // What still runs must not finish as if nothing had happened, on files that are being taken away.
    cancel.abort(new Error("ended by a bug of the gate"));
    ended.then(
      () => process.exit(code),
      () => process.exit(code),
    );
  };
  process.on("uncaughtException", bug);
  process.on("unhandledRejection", bug);
  return {
    cancelled: cancel.signal,
    outputFailure: () => failure,
    onBug: (wanted) => {
      end = wanted;
    },
  };
}

/** What all parts of one prepared model share: the job, the runtime, the clock. */
import { ToolError } from "../../effects/failure.ts";
import type { LaneJob } from "../../model/job.ts";
import type { Network } from "../../onnx/network.ts";
import type { Runtime } from "./runtime.ts";
import { openSession, type Session } from "./session.ts";

export interface RunContext {
  readonly job: LaneJob;
  readonly runtime: Runtime;
  /** Opens a session and tells the job of it. */
  open(network: Network, what: string): Promise<Session>;
  /** ToolError `timeout` beyond the job's deadline, `cancelled` after a signal. */
  checkTime(): void;
}

/** `open` reports each session to `job.onBuild`, and rejects as `openSession` does. */
export function runContext(job: LaneJob, runtime: Runtime): RunContext {
  const { clock, cancelled } = job.effects;
  return {
    job,
    runtime,
    open: async (network, what) => {
      const start = clock.monotonicMs();
      const session = await openSession(runtime, job.effects, network, what);
      job.onBuild?.({
        what,
        seconds: (clock.monotonicMs() - start) / 1000,
        notes: [`ONNX Runtime ${runtime.version}, optimisation disabled, 1 thread`],
      });
      return session;
    },
    checkTime: () => {
      if (cancelled.aborted) throw new ToolError("cancelled", `The check of '${job.name}' was cancelled. Start it again.`);
      if (clock.monotonicMs() > job.deadlineMs)
        throw new ToolError(
          "timeout",
          `The check of '${job.name}' ran out of time in the simulate lane. Raise 'timeout-minutes' or use fewer samples.`,
        );
    },
  };
}

/** Times engines in turns in the worker, and reads the GPU's clocks while they run. Gives rounds; says nothing about who is faster. */
import type { TimingRun } from "../../model/engine.ts";
import type { GpuState } from "./gpu.ts";
import { latencySchema } from "./protocol.ts";
import type { Session } from "./session.ts";

/**
 * Each engine is warmed up for 200 ms of the GPU, as trtexec does, then runs for at least a second in at least thirty turns. No run
 * takes longer than a minute and a half.
 */
const wanted = { warmUpMs: 200, leastMs: 1000, leastRounds: 30, mostSeconds: 90 };
/** `nvidia-smi` takes a while itself. */
const betweenLooksMs = 500;

/** In milliseconds. The clocks are read until the timing has ended either way. Rejects with ToolError. */
export async function timePlans(session: Session, plans: readonly string[]): Promise<TimingRun> {
  const over = new AbortController();
  const watched = watchClocks(session, over.signal);
  try {
    const measured = await session.askOfPlans("latency", { plans, ...wanted }, latencySchema, "Timing the engines");
    over.abort();
    return { ...measured, ...clocksOf(await watched) };
  } finally {
    over.abort();
    await watched;
  }
}

/** At least once; it takes the worker longer to warm up than `nvidia-smi` to answer. */
async function watchClocks(session: Session, over: AbortSignal): Promise<GpuState[]> {
  const states: GpuState[] = [];
  do {
    const state = await session.gpuState();
    if (state === undefined) return states;
    states.push(state);
    await session.clock.sleep(betweenLooksMs, over).catch(() => undefined);
  } while (!over.aborted);
  return states;
}

function clocksOf(states: readonly GpuState[]): Pick<TimingRun, "smClockMHz" | "throttle"> {
  const clocks = states.flatMap(({ smClockMHz }) => smClockMHz ?? []);
  const words = new Set(states.flatMap(({ throttle }) => (throttle ? throttle.split(", ") : [])));
  return {
    smClockMHz: clocks.length === 0 ? undefined : { min: Math.min(...clocks), max: Math.max(...clocks) },
    throttle: words.size === 0 ? undefined : [...words].join(", "),
  };
}

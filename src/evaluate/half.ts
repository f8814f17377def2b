/** Where the candidate is compared with something else than FP16, the FP16 engine is judged beside it: it may be the better ship. */
import { measuredOutputs } from "../report/build.ts";
import { type ModelReport, toNum } from "../report/schema.ts";
import { figure, type Timed } from "./latency.ts";
import { type Judging, judgeOutputs, worstSqnrDb } from "./outputs.ts";

/** Undefined where FP16 is the reference, and in lanes without engines. By the candidate's own limits, on the same samples. */
export async function judgeHalf(judging: Judging, samples: readonly number[]): Promise<ModelReport["half"]> {
  const engine = await judging.lane.half?.();
  if (engine === undefined) return undefined;
  const { measured, judgement } = await judgeOutputs(judging, engine, samples);
  const { kind } = judgement.verdict;
  return {
    verdict: kind,
    message: `FP16 against ${engine.reference.what}: SQNR ${worstSqnrDb(measured).toFixed(1)} dB, ${kind}.`,
    outputs: measuredOutputs(measured.measurements, judgement.findings, judging.entry.tolerance),
  };
}

/** With its latency, which is measured at the end. */
export const withTime = (report: NonNullable<ModelReport["half"]>, { half }: Timed): NonNullable<ModelReport["half"]> =>
  half === undefined ? report : { ...report, message: `${report.message} It takes ${figure(half.ms)}.`, latencyMs: toNum(half.ms.median) };

/** `search.method: bisect` from within a check, in the implicit lane at `--level`: polygraphy debug precision on real engines, and the fix that comes of it. */
import type { Bench } from "./bench.ts";
import { describeRun, runGate, subjectOf } from "./gate-run.ts";

export async function bisectStage(bench: Bench): Promise<void> {
  const subject = subjectOf(bench);
  const stage = `bisect ${subject.name}`;
  const check = (name: string, pass: boolean, figure: unknown, wanted: string) => bench.recorder.check(stage, name, pass, figure, wanted);
  const minutes = (bench.bisectSeconds ?? 600) / 60;
  const level = bench.level ?? 1;
  const ran = await runGate(bench, subject, {
    name: stage.replace(" ", "-"),
    lane: "implicit",
    search: "on-regression",
    level,
    bisect: { minutes },
  });
  describeRun(bench, stage, ran);
  const { model, tail } = ran;
  const search = model?.search;
  check("verdict", model?.verdict === "regression", `${model?.verdict} (${model?.reason})`, `regression at ${subject.limitDb} dB`);
  check("outcome", search?.outcome === "prefix" || search?.outcome === "none", search?.message ?? tail.slice(-600), "prefix or none");
  const fix = model?.fix?.verified;
  check("fix", search?.outcome === "none" || fix?.passes === true, fix?.message ?? null, "passes where a part was found");
}

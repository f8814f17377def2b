/**
 * The gate with search and the equivalent Polygraphy commands on one machine in one go, both at level 1: the two start together and run side by side, so that
 * either bears the other's load. `debug precision` is stopped after `--bisect-seconds` and counts as that.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Bench } from "./bench.ts";
import { classifier, describeRun, runGate } from "./gate-run.ts";
import { polygraphyCommands } from "./polygraphy-stage.ts";

export async function thirdStage(bench: Bench): Promise<void> {
  const { recorder } = bench;
  const subject = classifier(bench);
  const running = runGate(bench, subject, { name: "third-gate", lane: "explicit", search: "on-regression", level: 1, savesOutputs: true });
  const reference = async () => {
    const ran = await running;
    const path = join(ran.folder, `outputs/${subject.name}.reference.json`);
    if (!existsSync(path)) throw new Error(`the gate saved no outputs of its reference: ${ran.tail.slice(-600)}`);
    return path;
  };
  const started = polygraphyCommands(bench, "third", {
    level: 1,
    limitDb: subject.limitDb,
    longestBisectMs: (bench.bisectSeconds ?? 600) * 1000,
    reference,
  });
  const ran = await running;
  describeRun(bench, "third: the gate", ran);
  recorder.check(
    "third",
    "the gate finds a fix",
    ran.model?.fix?.verified?.passes === true,
    ran.model?.message ?? ran.tail.slice(-400),
    "a fix that passes",
  );
  const { seconds, sum } = await started;
  recorder.record.figures["third: Polygraphy, seconds"] = { ...seconds, sum };
  recorder.check(
    "third",
    "check, search and proof against the sum of the Polygraphy commands",
    ran.seconds <= sum / 3,
    { gateSeconds: ran.seconds, polygraphySeconds: sum, ratio: ran.seconds / sum },
    "at most a third",
  );
}

/**
 * The gate with search and the equivalent Polygraphy commands on one machine in one go, both at level 1, one after the other; or with `--beside` the run of a
 * `ship` on this machine, each on a GPU of its own. `debug precision` is stopped after `--bisect-seconds`, or once the sum is beyond three times the gate's.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Bench } from "./bench.ts";
import { describeRun, runGate, type Subject, subjectOf } from "./gate-run.ts";
import { polygraphyCommands } from "./polygraphy-stage.ts";
import { searchedFigure, searchedReference } from "./ship-stage.ts";

/** So much beyond three times the gate's time, in seconds, that the sum is surely larger. */
const beyond = 2;

interface GateRun {
  readonly seconds: number;
  /** A file of the reference engine's outputs. */
  readonly reference: string;
}

export async function thirdStage(bench: Bench): Promise<void> {
  const { recorder } = bench;
  const subject = subjectOf(bench);
  const running = bench.beside === undefined ? ownRun(bench, subject) : besideRun(bench.beside, subject);
  if (bench.beside === undefined) await running;
  const { seconds, sum } = await polygraphyCommands(bench, "third", {
    level: 1,
    subject,
    beforeBisect: async (spent) => {
      const gate = await running;
      const longest = Math.min(bench.bisectSeconds ?? 600, 3 * gate.seconds + beyond - spent);
      return { reference: gate.reference, longestMs: Math.max(1, longest) * 1000 };
    },
  });
  const gate = await running;
  recorder.record.figures["third: Polygraphy, seconds"] = { ...seconds, sum };
  recorder.check(
    "third",
    "check, search and proof against the sum of the Polygraphy commands",
    gate.seconds <= sum / 3,
    { gateSeconds: gate.seconds, polygraphySeconds: sum, ratio: gate.seconds / sum },
    "at most a third",
  );
}

async function ownRun(bench: Bench, subject: Subject): Promise<GateRun> {
  const ran = await runGate(bench, subject, {
    name: "third-gate",
    lane: "explicit",
    search: "on-regression",
    level: 1,
    savesOutputs: true,
  });
  describeRun(bench, "third: the gate", ran);
  const passes = ran.model?.fix?.verified?.passes === true;
  bench.recorder.check("third", "the gate finds a fix", passes, ran.model?.message ?? ran.tail.slice(-400), "a fix that passes");
  const reference = join(ran.folder, `outputs/${subject.name}.reference.json`);
  if (!existsSync(reference)) throw new Error(`the gate saved no outputs of its reference: ${ran.tail.slice(-600)}`);
  return { seconds: ran.seconds, reference };
}

/** Waits until the other stage's record has its run with search. */
async function besideRun(folder: string, subject: Subject): Promise<GateRun> {
  for (;;) {
    const seconds = secondsIn(join(folder, "record.json"), searchedFigure(subject));
    if (seconds !== undefined) return { seconds, reference: join(folder, "recordings", searchedReference(subject).outputs) };
    await pause(500);
  }
}

/** Undefined while the record is not there, or is being written. */
function secondsIn(path: string, figure: string): number | undefined {
  try {
    const seconds: unknown = JSON.parse(readFileSync(path, "utf8")).figures[figure]?.seconds;
    return typeof seconds === "number" ? seconds : undefined;
  } catch {
    return undefined;
  }
}

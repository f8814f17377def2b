/**
 * Judge and ship the same thing on the pictures of `--pictures`. `ship`: the explicit lane with search at optimisation level 1, its fix rebuilt three times
 * with fresh timing, its plans judged again by path. `ship-implicit`: the same of the implicit lane at `--level`, whose fix is a Q/DQ model. `truth`: what
 * the implicit lane says of the engine that it hands over, held against that very plan. One run after the other: builds side by side on one GPU slow each other.
 */
import { copyFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { type Bench, root, timed } from "./bench.ts";
import {
  classifier,
  decibels,
  describeRun,
  fixOf,
  planOf,
  type Ran,
  runGate,
  type Subject,
  secondSubject,
  subjectOf,
  type Wanted,
} from "./gate-run.ts";

export const shipStage = (bench: Bench): Promise<void> => shipped(bench, classifier(bench), explicit);

/** The same of another model: its limit lies between what INT8 and what its fix reach. */
export const secondShipStage = (bench: Bench): Promise<void> => shipped(bench, secondSubject(bench), explicit);

/** At a level where the builder takes INT8: 8.6.1 takes next to none of the classifier's at level 1, and most of it at level 0. */
export const implicitShipStage = (bench: Bench): Promise<void> =>
  shipped(bench, subjectOf(bench), { lane: "implicit", level: bench.level ?? 1, stage: "ship-implicit" });

interface Shipping {
  readonly lane: Wanted["lane"];
  readonly level: number;
  /** Begins what the record says of it. */
  readonly stage: string;
}

const explicit: Shipping = { lane: "explicit", level: 1, stage: "ship" };

async function shipped(bench: Bench, subject: Subject, { lane, level, stage: prefix }: Shipping): Promise<void> {
  const stage = `${prefix} ${subject.name}`;
  const check = (name: string, pass: boolean, figure: unknown, wanted: string) => bench.recorder.check(stage, name, pass, figure, wanted);
  const called = lane === "explicit" ? subject.name : `${subject.name}-${lane}`;
  const searched = await runGate(bench, subject, { name: `${called}-searched`, lane, search: "on-regression", level, savesOutputs: true });
  if (lane === "explicit") keepForOthers(bench, subject, searched);
  describeRun(bench, searchedFigure(subject, prefix), searched);
  checkSearched(bench, stage, subject, searched);
  await checkPlans(bench, stage, searched);

  const reference = planOf(searched, "reference");
  const qdq = fixOf(searched);
  const names = qdq === undefined ? [] : Array.from({ length: bench.rebuilds ?? 3 }, (_, i) => `${called}-rebuilt-${i + 1}`);
  const rebuilt: Ran[] = [];
  for (const name of names) {
    const ran = await runGate(bench, subject, { name, lane: "explicit", search: "off", level, qdq, plans: { reference } });
    describeRun(bench, `${stage}: ${name}`, ran);
    rebuilt.push(ran);
  }
  check(
    "fix at its limit again",
    rebuilt.length > 0 && rebuilt.every((ran) => (decibels(ran) ?? 0) >= subject.limitDb),
    rebuilt.map((ran) => decibels(ran) ?? ran.tail.slice(-300)),
    `each at ${subject.limitDb} dB`,
  );
  const byPath = await runGate(bench, subject, {
    name: `${called}-by-path`,
    lane,
    search: "off",
    plans: { reference, candidate: planOf(searched, "candidate") },
  });
  describeRun(bench, `${stage}: plans by path`, byPath);
  check(
    "plans by path judge bit-identically",
    decibels(byPath) !== undefined && decibels(byPath) === decibels(searched),
    [decibels(searched), decibels(byPath)],
    "equal",
  );
}

/** Where the record says how the run with search went. */
export const searchedFigure = ({ name }: Subject, stage = explicit.stage): string => `${stage} ${name}: with search`;

/** What other stages take of the explicit lane's run with search, from the folder of recordings: the reference engine and its outputs. */
export const searchedReference = ({ name }: Subject) => ({
  outputs: `${name}-searched.reference.json`,
  plan: `${name}-searched.reference.plan`,
});

function keepForOthers({ recorder }: Bench, subject: Subject, ran: Ran): void {
  const kept = searchedReference(subject);
  const from = [
    [join(ran.folder, `outputs/${subject.name}.reference.json`), kept.outputs],
    [planOf(ran, "reference"), kept.plan],
  ] as const;
  for (const [path, name] of from) if (path !== undefined && existsSync(path)) copyFileSync(path, join(recorder.recordings, name));
}

function checkSearched(bench: Bench, stage: string, { limitDb }: Subject, { model, tail }: Ran): void {
  const check = (name: string, pass: boolean, figure: unknown, wanted: string) => bench.recorder.check(stage, name, pass, figure, wanted);
  check("INT8 of the cache", model?.verdict === "regression", `${model?.verdict} (${model?.reason})`, `regression at ${limitDb} dB`);
  const fix = model?.fix?.verified;
  check("fix", fix?.passes === true, fix?.message ?? model?.search?.message ?? tail.slice(-600), "passes");
  const proof = model?.search?.proof;
  check("fix is proved", proof?.state === "proved", proof?.state ?? null, "proved");
  const engines = (model?.builds ?? []).map(({ what }) => what).filter((what) => !what.includes("marked"));
  check("engines for check, search and proof", engines.length > 0 && engines.length <= 6, engines, "at most 6 without marks");
}

/** Each run is a process with timing of its own. */
export async function truthStage(bench: Bench): Promise<void> {
  const subject = subjectOf(bench);
  const check = (name: string, pass: boolean, figure: unknown, wanted: string) => bench.recorder.check("truth", name, pass, figure, wanted);
  const { referencePlan } = bench;
  const wanted = {
    lane: "implicit",
    search: "off",
    plans: { reference: referencePlan },
    ...(bench.level === undefined ? {} : { level: bench.level }),
  } as const;
  const names = Array.from({ length: bench.runs ?? 2 }, (_, i) => `implicit-${bench.level ?? "default"}-${i + 1}`);
  for (const name of names) {
    const ran = await runGate(bench, subject, { ...wanted, name });
    describeRun(bench, `truth: ${ran.name}`, ran);
    const units = ran.model?.coverage?.int8Units;
    const share = units === undefined ? undefined : units.int8 / Math.max(1, units.int8 + units.other);
    const isUnused = ran.model?.reason === "int8-not-used";
    check(
      `${ran.name} says what ran`,
      share !== undefined && isUnused === share < 0.1 && (!isUnused || /ms/.test(ran.model?.message ?? "")),
      { units: units ?? null, message: ran.model?.message ?? ran.tail.slice(-400) },
      "int8-not-used with both latencies below a tenth, else a figure",
    );
    await checkPlans(bench, "truth", ran, referencePlan);
  }
}

/** Min-max by the builder's calibrator and percentile on the CPU (entropy is `second-implicit`); what the report says of each is held against its plans. */
export async function calibrationStage(bench: Bench): Promise<void> {
  const subject = subjectOf(bench);
  for (const calibrates of ["minmax", "percentile"] as const) {
    const level = bench.level === undefined ? {} : { level: bench.level };
    const ran = await runGate(bench, subject, {
      name: `${subject.name}-${calibrates}`,
      lane: "implicit",
      search: "off",
      calibrates,
      ...level,
    });
    describeRun(bench, `calibration: ${ran.name}`, ran);
    const scales = ran.model?.quantization;
    bench.recorder.check(
      "calibration",
      `${ran.name} calibrates`,
      scales?.algorithm === calibrates,
      scales ?? ran.tail.slice(-400),
      calibrates,
    );
    await checkPlans(bench, "calibration", ran);
  }
}

interface PlanFigures {
  /** Null: no output differs. */
  readonly sqnrDb: number | null;
  readonly int8Layers: number;
  readonly layers: number;
  readonly referenceMs: number;
  readonly candidateMs: number;
}

const isSame = (a: number, b: number | undefined): boolean => a === b || Math.abs(a - (b ?? Number.NaN)) < 1e-6;

/** Runs the plans that a report hands over by Polygraphy alone, in a process that knows nothing of the gate. */
async function checkPlans(bench: Bench, stage: string, ran: Ran, given?: string): Promise<void> {
  const [reference, candidate] = [given ?? planOf(ran, "reference"), planOf(ran, "candidate")];
  const name = `${ran.name}: the plans handed over give the figure`;
  if (reference === undefined || candidate === undefined) {
    bench.recorder.check(stage, name, false, ran.tail.slice(-300), "both plans in the report's folder");
    return;
  }
  const words = [bench.python, join(root, "gpu/run_plans.py"), reference, candidate, join(ran.folder, "validation.npz")];
  const { code, tail } = await timed(words);
  const line = tail.split("\n").findLast((text) => text.startsWith("{"));
  const figures: PlanFigures | undefined = line === undefined ? undefined : JSON.parse(line);
  const ours = decibels(ran);
  bench.recorder.check(
    stage,
    name,
    code === 0 && figures !== undefined && isSame(figures.sqnrDb ?? Number.POSITIVE_INFINITY, ours),
    { report: ours ?? null, plans: figures ?? tail.slice(-600) },
    "the report's figure within 1e-6 dB",
  );
}

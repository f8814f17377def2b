/**
 * Judge and ship the same thing, at optimisation level 1 on the pictures of `--pictures`. `ship`: the explicit lane with search, its fix rebuilt three times
 * with fresh timing, its plans judged again by path. `truth`: what the implicit lane says of the engine that it hands over, held against that very plan.
 * One run after the other: builds side by side on one GPU slow each other.
 */
import { copyFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { type Bench, root, timed } from "./bench.ts";
import { classifier, decibels, describeRun, fixOf, planOf, type Ran, runGate, type Subject, secondSubject, subjectOf } from "./gate-run.ts";

export const shipStage = (bench: Bench): Promise<void> => shipped(bench, classifier(bench));

/** The same of another model: its limit lies between what INT8 and what its fix reach. */
export const secondShipStage = (bench: Bench): Promise<void> => shipped(bench, secondSubject(bench));

async function shipped(bench: Bench, subject: Subject): Promise<void> {
  const stage = `ship ${subject.name}`;
  const check = (name: string, pass: boolean, figure: unknown, wanted: string) => bench.recorder.check(stage, name, pass, figure, wanted);
  const searched = await runGate(bench, subject, { ...searchedRun(subject), savesOutputs: true });
  keepForOthers(bench, subject, searched);
  describeRun(bench, searchedFigure(subject), searched);
  checkSearched(bench, stage, subject, searched);
  await checkPlans(bench, stage, searched);

  const reference = planOf(searched, "reference");
  const qdq = fixOf(searched);
  const names = qdq === undefined ? [] : Array.from({ length: bench.rebuilds ?? 3 }, (_, i) => `${subject.name}-rebuilt-${i + 1}`);
  const rebuilt: Ran[] = [];
  for (const name of names) {
    const ran = await runGate(bench, subject, { name, lane: "explicit", search: "off", level: 1, qdq, plans: { reference } });
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
    name: `${subject.name}-by-path`,
    lane: "explicit",
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

const searchedRun = ({ name }: Subject) => ({ name: `${name}-searched`, lane: "explicit", search: "on-regression", level: 1 }) as const;

/** Where the record says how the run with search went. */
export const searchedFigure = ({ name }: Subject): string => `ship ${name}: with search`;

/** What other stages take of the run with search, from the folder of recordings: the reference engine and its outputs. */
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
  check("Q/DQ form of the cache", model?.verdict === "regression", `${model?.verdict} (${model?.reason})`, `regression at ${limitDb} dB`);
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

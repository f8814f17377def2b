/** One run of the gate as a user starts it, in a workspace of its own, and what its report says. */
import { copyFileSync, existsSync, globSync, linkSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { type ModelReport, reportSchema } from "../src/report/schema.ts";
import { type Bench, fixtures, models, timed } from "./bench.ts";

/** A model with its calibration cache and its pictures, and the limit that it is judged by. */
export interface Subject {
  readonly name: string;
  readonly file: string;
  readonly input: string;
  readonly shape: readonly number[];
  readonly cache: string;
  /** Samples that rank units; a share of the validation samples does without them. */
  readonly calibration: string | undefined;
  readonly pictures: string;
  readonly limitDb: number;
}

/** The text-direction classifier with its recorded cache. */
export const classifier = ({ pictures, limitDb }: Bench): Subject => ({
  name: "cls",
  file: models.cls.file,
  input: models.cls.input,
  shape: models.cls.shape,
  cache: join(fixtures, "cls.calibration.cache"),
  calibration: join(fixtures, "calibration.npz"),
  pictures: pictures ?? join(fixtures, "validation.npz"),
  limitDb,
});

/** The model of `--second` with `--cache`, its one input of fixed size, `--pictures` and `--limit`. */
export function secondSubject({ second, cache, pictures, calibration, limitDb, shape, input }: Bench): Subject {
  if (second === undefined || cache === undefined || pictures === undefined || shape === undefined || input === undefined)
    throw new Error("this stage needs --second MODEL, --cache FILE, --pictures FILE, --input NAME and --shape 1,3,224,224");
  return { name: basename(second, ".onnx"), file: second, input, shape, cache, calibration, pictures, limitDb };
}

/** The model of `--second` where a cache makes it one to judge; the classifier without. */
export const subjectOf = (bench: Bench): Subject =>
  bench.second === undefined || bench.cache === undefined ? classifier(bench) : secondSubject(bench);

export interface Wanted {
  /** Of the workspace and of the recordings. */
  readonly name: string;
  readonly lane: "implicit" | "explicit";
  readonly search: "on-regression" | "off";
  /** Replaces the cache: a Q/DQ model. */
  readonly qdq?: string | undefined;
  /** Plans to take as they are. */
  readonly plans?: { readonly reference?: string | undefined; readonly candidate?: string | undefined };
  /** Whether the outputs of both sides are kept in the workspace's `outputs`. */
  readonly savesOutputs?: boolean;
  /** TensorRT's default where it is left out. */
  readonly level?: number;
  /** Makes scales from the calibration samples instead of reading the cache. */
  readonly calibrates?: "minmax" | "percentile";
  /** Polygraphy's own search instead of the gate's. */
  readonly bisect?: { readonly minutes: number };
}

export interface Ran {
  readonly name: string;
  readonly folder: string;
  readonly seconds: number;
  readonly code: number | null;
  readonly tail: string;
  readonly model: ModelReport | undefined;
}

/** A lock folder of its own lets runs share the GPU. */
export async function runGate(bench: Bench, subject: Subject, wanted: Wanted): Promise<Ran> {
  const folder = join(bench.folder, wanted.name);
  mkdirSync(join(folder, ".github"), { recursive: true });
  mkdirSync(join(folder, "locks"), { recursive: true });
  const placed: readonly (readonly [name: string, from: string | undefined])[] = [
    ["model.onnx", subject.file],
    ["scales.cache", subject.cache],
    ["calibration.npz", subject.calibration],
    ["validation.npz", subject.pictures],
    ["fixed.qdq.onnx", wanted.qdq],
    ["reference.plan", wanted.plans?.reference],
    ["candidate.plan", wanted.plans?.candidate],
  ];
  for (const [name, from] of placed) if (from !== undefined) place(resolve(from), join(folder, name));
  writeFileSync(join(folder, ".github/trt-gate.yml"), configuration(subject, wanted, bench.placement));
  const words = ["check", "--lane", wanted.lane, "--search", wanted.search, "--changed-only", "false", "--python", bench.python];
  const ran = await timed(
    [...bench.gate, ...words, "--report-dir", "report", ...(wanted.savesOutputs ? ["--save-outputs", "outputs"] : [])],
    {
      cwd: folder,
      env: { XDG_RUNTIME_DIR: join(folder, "locks") },
      onText: (text) => process.stderr.write(text),
    },
  );
  const path = join(folder, "report/report.json");
  const model = existsSync(path) ? reportSchema.parse(JSON.parse(readFileSync(path, "utf8"))).models[0] : undefined;
  if (existsSync(path)) copyFileSync(path, join(bench.recorder.recordings, `${wanted.name}.report.json`));
  return { name: wanted.name, folder, seconds: ran.seconds, code: ran.code, tail: ran.tail, model };
}

/** Large files are linked where the file system allows it. */
function place(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}

function configuration(subject: Subject, { qdq, plans, level, bisect, calibrates }: Wanted, placement: string | undefined): string {
  const data = subject.calibration === undefined ? "" : ", data: calibration.npz, min-samples: 24";
  const placed = placement === undefined ? "" : `, placement: ${placement}`;
  const scales = calibrates === undefined ? "cache: scales.cache" : `algorithm: ${calibrates}`;
  const given = Object.entries(plans ?? {}).flatMap(([side, path]) => (path === undefined ? [] : [`${side}: ${side}.plan`]));
  const lines = [
    "version: 1",
    "models:",
    `  - name: ${subject.name}`,
    "    path: model.onnx",
    `    shapes: {"${subject.input}": [${subject.shape.join(", ")}]}`,
    `    quantization: ${qdq === undefined ? `{${scales}${data}${placed}}` : "{qdq: fixed.qdq.onnx}"}`,
    "    validation: {data: validation.npz, max-samples: 512}",
    `    tolerance: {sqnr-db: {fail: ${subject.limitDb}}}`,
    `    tensorrt: {${level === undefined ? "" : `optimization-level: ${level}, `}tactic-sources: none, mark-batch: 64}`,
    ...(given.length === 0 ? [] : [`    engine: {${given.join(", ")}}`]),
    bisect === undefined ? "search: {max-builds: 6}" : `search: {method: bisect, budget-minutes: ${bisect.minutes}}`,
  ];
  return `${lines.join("\n")}\n`;
}

export const decibels = ({ model }: Ran): number | undefined => {
  const value = model?.outputs[0]?.metrics.sqnrDb;
  return value === undefined ? undefined : Number(value);
};

/** The plan that the run's report hands over. */
export function planOf({ model, folder }: Ran, role: "reference" | "candidate"): string | undefined {
  const path = model?.engines?.find((one) => one.role === role)?.path;
  return path === undefined ? undefined : join(folder, "report", path);
}

/** The Q/DQ model of the run's fix. */
export const fixOf = ({ folder }: Ran): string | undefined => globSync(join(folder, "report/**/fixed.qdq.onnx"))[0];

/** Keeps in the record what the report says of a run; where there is no report, the end of its log. */
export function describeRun({ recorder }: Bench, what: string, { seconds, code, model, tail }: Ran): void {
  recorder.record.figures[what] =
    model === undefined
      ? { seconds, code, tail: tail.slice(-1500) }
      : {
          seconds,
          code,
          verdict: model.verdict,
          reason: model.reason,
          message: model.message,
          outputs: model.outputs.map(({ tensor, metrics, scoreMetrics }) => ({
            tensor,
            sqnrDb: metrics.sqnrDb,
            score: scoreMetrics?.sqnrDb,
          })),
          int8Units: model.coverage?.int8Units ?? null,
          search: model.search && {
            outcome: model.search.outcome,
            keep: model.search.keep.length,
            builds: model.search.builds,
            message: model.search.message,
          },
          fix: model.fix && { verified: model.fix.verified, latency: model.fix.latency },
          builds: model.builds?.map(({ what: name, seconds: took, latencyMs, notes }) => ({ name, took, latencyMs, notes })),
          timings: model.timings,
        };
  recorder.save();
}

/**
 * Judge and ship the same thing, on the classifier at optimisation level 1 and on the pictures of `--pictures`: the explicit lane with search, its plans judged
 * again by path, the fix rebuilt three times with fresh timing (reference too), and what the implicit lane says of the engine that it hands over.
 */
import { copyFileSync, existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ModelReport, reportSchema } from "../src/report/schema.ts";
import { type Bench, fixtures, models, timed } from "./bench.ts";

interface Ran {
  readonly folder: string;
  readonly seconds: number;
  readonly code: number | null;
  readonly tail: string;
  readonly model: ModelReport | undefined;
}

/** Lines of the entry that differ; the rest is the same in every run. */
interface Entry {
  readonly quantization: string;
  readonly engine: string | undefined;
  /** Name in the workspace, and where it comes from. */
  readonly files?: readonly (readonly [name: string, from: string | undefined])[];
}

export async function shipStage(bench: Bench): Promise<void> {
  const { recorder } = bench;
  const check = (name: string, pass: boolean, figure: unknown, wanted: string) => recorder.check("ship", name, pass, figure, wanted);
  const searched = await gate(bench, "searched", "explicit", { quantization: fromCache, engine: undefined }, "on-regression");
  describe(bench, "explicit, with search", searched);
  const { model } = searched;
  check(
    "Q/DQ form of the cache",
    model?.verdict === "regression",
    `${model?.verdict} (${model?.reason})`,
    `regression at ${bench.limitDb} dB`,
  );
  check(
    "fix",
    model?.fix?.verified?.passes === true,
    model?.fix?.verified?.message ?? model?.search?.message ?? searched.tail.slice(-600),
    "proved",
  );
  const plain = (model?.builds ?? []).filter(({ what }) => !what.includes("marked"));
  check(
    "engines for check, search and proof",
    plain.length > 0 && plain.length <= 6,
    plain.map(({ what }) => what),
    "at most 6 without marks",
  );

  const planOf = (ran: Ran, role: string) => {
    const path = ran.model?.engines?.find((one) => one.role === role)?.path;
    return path === undefined ? undefined : join(ran.folder, "report", path);
  };
  const [reference, candidate] = [planOf(searched, "reference"), planOf(searched, "candidate")];
  const byPath = await gate(
    bench,
    "by-path",
    "explicit",
    {
      quantization: fromCache,
      engine: "{reference: reference.plan, candidate: candidate.plan}",
      files: [
        ["reference.plan", reference],
        ["candidate.plan", candidate],
      ],
    },
    "off",
  );
  describe(bench, "plans given by path", byPath);
  const decibels = (ran: Ran) => ran.model?.outputs[0]?.metrics.sqnrDb;
  check(
    "plans by path judge bit-identically",
    decibels(byPath) !== undefined && decibels(byPath) === decibels(searched),
    [decibels(searched), decibels(byPath)],
    "equal",
  );

  const [fixed] = globSync(join(searched.folder, "report/**/fixed.qdq.onnx"));
  const rebuilds = fixed === undefined ? [] : ["rebuilt-1", "rebuilt-2", "rebuilt-3"];
  const [implicit, ...others] = await Promise.all([
    gate(bench, "implicit-1", "implicit", { quantization: fromCache, engine: undefined }, "off"),
    gate(bench, "implicit-2", "implicit", { quantization: fromCache, engine: undefined }, "off"),
    ...rebuilds.map((name) =>
      gate(
        bench,
        name,
        "explicit",
        { quantization: "{qdq: fixed.qdq.onnx}", engine: undefined, files: [["fixed.qdq.onnx", fixed]] },
        "off",
      ),
    ),
  ]);
  const [again, ...rebuilt] = others;
  for (const [i, ran] of rebuilt.entries()) describe(bench, `fix rebuilt ${i + 1}`, ran);
  check(
    "fix at its limit again",
    rebuilt.length === 3 && rebuilt.every((ran) => Number(decibels(ran) ?? 0) >= bench.limitDb),
    rebuilt.map(decibels),
    "3 of 3",
  );
  for (const [i, ran] of [implicit, again].entries()) {
    if (ran === undefined) continue;
    describe(bench, `implicit ${i + 1}`, ran);
    const units = ran.model?.coverage?.int8Units;
    const share = units === undefined ? undefined : units.int8 / Math.max(1, units.int8 + units.other);
    const isTrue = ran.model?.reason === "int8-not-used" ? (share ?? 1) < 0.1 : (share ?? 0) >= 0.1;
    check(
      `implicit lane ${i + 1} says what ran`,
      isTrue,
      { units: units ?? null, message: ran.model?.message.slice(0, 400) ?? ran.tail.slice(-400) },
      "int8-not-used below a tenth, else a figure",
    );
  }
}

const fromCache = "{cache: cls.calibration.cache, data: calibration.npz, min-samples: 48}";

/** One run of the gate in a workspace of its own; a lock folder of its own lets runs share the GPU. */
async function gate(bench: Bench, name: string, lane: string, { quantization, engine, files = [] }: Entry, search: string): Promise<Ran> {
  const folder = join(bench.folder, `ship-${name}`);
  mkdirSync(join(folder, ".github"), { recursive: true });
  mkdirSync(join(folder, "locks"), { recursive: true });
  copyFileSync(models.cls.file, join(folder, "cls.onnx"));
  for (const file of ["cls.calibration.cache", "calibration.npz"]) copyFileSync(join(fixtures, file), join(folder, file));
  for (const [file, from] of files) if (from !== undefined) copyFileSync(from, join(folder, file));
  copyFileSync(bench.pictures ?? join(fixtures, "validation.npz"), join(folder, "validation.npz"));
  writeFileSync(join(folder, ".github/trt-gate.yml"), text(bench.limitDb, quantization, engine));
  const words = [
    ...bench.gate,
    "check",
    "--lane",
    lane,
    "--changed-only",
    "false",
    "--search",
    search,
    "--python",
    bench.python,
    "--report-dir",
    "report",
  ];
  const ran = await timed(words, {
    cwd: folder,
    env: { XDG_RUNTIME_DIR: join(folder, "locks") },
    onText: (line) => process.stderr.write(line),
  });
  const path = join(folder, "report/report.json");
  const model = existsSync(path) ? reportSchema.parse(JSON.parse(readFileSync(path, "utf8"))).models[0] : undefined;
  if (existsSync(path)) copyFileSync(path, join(bench.recorder.recordings, `ship-${name}.report.json`));
  return { folder, seconds: ran.seconds, code: ran.code, tail: ran.tail, model };
}

const text = (limitDb: number, quantization: string, engine: string | undefined) => `version: 1
models:
  - name: cls
    path: cls.onnx
    shapes: {x: [1, 3, 48, 192]}
    quantization: ${quantization}
    validation: {data: validation.npz, max-samples: 512}
    tolerance: {sqnr-db: {fail: ${limitDb}}}
    tensorrt: {optimization-level: 1, tactic-sources: none, mark-batch: 64}
${engine === undefined ? "" : `    engine: ${engine}\n`}search: {max-builds: 6}
`;

function describe({ recorder }: Bench, what: string, { seconds, code, model, tail }: Ran): void {
  recorder.record.figures[`ship: ${what}`] =
    model === undefined
      ? { seconds, code, tail: tail.slice(-1500) }
      : {
          seconds,
          code,
          verdict: model.verdict,
          reason: model.reason,
          sqnrDb: model.outputs[0]?.metrics.sqnrDb ?? null,
          int8Units: model.coverage?.int8Units ?? null,
          search:
            model.search === null
              ? null
              : { outcome: model.search?.outcome, keep: model.search?.keep.length, builds: model.search?.builds },
          fix: model.fix === null ? null : { verified: model.fix?.verified, latency: model.fix?.latency },
          builds: model.builds?.map(({ what: name, seconds: took, latencyMs, notes }) => ({ name, took, latencyMs, notes })),
          timings: model.timings,
        };
  recorder.save();
}

/** The whole gate, as a user runs it: the classifier against 25 dB on 8 images, with search and fix. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { reportSchema } from "../src/report/schema.ts";
import { type Bench, fixtures, models, timed } from "./bench.ts";

const yaml = `version: 1
models:
  - name: cls
    path: cls.onnx
    shapes: {x: [1, 3, 48, 192]}
    quantization: {cache: cls.calibration.cache, data: calibration.npz, min-samples: 48}
    validation: {data: validation.npz}
    tolerance: {sqnr-db: {fail: 25}}
    tensorrt: {optimization-level: 0, tactic-sources: none, mark-batch: 64}
search: {max-builds: 8}
`;

/** A workspace with the classifier, its recorded cache and pictures. */
export function clsWorkspace(bench: Bench, name: string, text = yaml): string {
  const folder = join(bench.folder, name);
  mkdirSync(join(folder, ".github"), { recursive: true });
  copyFileSync(models.cls.file, join(folder, "cls.onnx"));
  for (const file of ["cls.calibration.cache", "calibration.npz", "validation.npz"]) copyFileSync(join(fixtures, file), join(folder, file));
  writeFileSync(join(folder, ".github/trt-gate.yml"), text);
  return folder;
}

export const gateCheck = (bench: Bench, extra: readonly string[] = []): string[] => [
  ...bench.gate,
  "check",
  "--lane",
  "implicit",
  "--changed-only",
  "false",
  "--python",
  bench.python,
  "--report-dir",
  "report",
  ...extra,
];

/** The FP16 engine's outputs as Polygraphy RunResults: the polygraphy stage judges against the same reference. */
export const savedReference = ({ recorder }: Pick<Bench, "recorder">): string => join(recorder.recordings, "cls.reference.json");

export async function checkStage(bench: Bench): Promise<void> {
  const { recorder } = bench;
  const folder = clsWorkspace(bench, "check");
  const run = await timed(gateCheck(bench, ["--save-outputs", "outputs"]), { cwd: folder, onText: (text) => process.stderr.write(text) });
  const check = (name: string, pass: boolean, figure: unknown, wanted: string) => recorder.check("check", name, pass, figure, wanted);
  recorder.record.figures.checkSeconds = run.seconds;
  check("exit code", run.code === 1, run.code, "1");
  const text = readFileSync(join(folder, "report/report.json"), "utf8");
  writeFileSync(join(recorder.recordings, "cls-implicit.report.json"), text);
  copyFileSync(join(folder, "outputs/cls.reference.json"), savedReference(bench));
  const model = reportSchema.parse(JSON.parse(text)).models[0];
  if (model === undefined) throw new Error("the report holds no model");
  check("verdict", model.verdict === "regression", `${model.verdict} (${model.reason})`, "regression at 25 dB");
  check("final output, INT8 against FP16, dB", model.outputs.length === 1, model.outputs[0]?.metrics.sqnrDb, "one output measured");
  const search = model.search;
  const layers = new Set(search?.keep.flatMap((unit) => unit.layers)).size;
  check("search outcome", search?.outcome === "found" || search?.outcome === "prefix", search?.outcome ?? null, "found or prefix");
  check("network layers kept", layers > 0 && layers <= 49, layers, "at most 49 of 305");
  check("engine builds in the search", search !== null && search.builds <= 8, search?.builds ?? null, "at most 8");
  check(
    "two fresh builds pass on held-out images",
    model.fix?.verified?.passes === true && (model.fix?.verified?.builds ?? 0) >= 2,
    model.fix?.verified?.message ?? null,
    "both pass",
  );
  check("layers measured", model.layers.length > 0, model.layers.length, "more than 0");
  Object.assign(recorder.record.figures, {
    check: {
      timings: model.timings,
      builds: model.builds,
      units: search?.keep.length ?? null,
      noise: model.noise,
      latency: model.fix?.latency ?? null,
      coverage: model.coverage,
    },
  });
  recorder.save();
}

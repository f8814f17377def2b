/** A folder with a sound model, its data and its configuration, in which one thing is made wrong; and the command run there, in this process. */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { loaders } from "../../src/commands/registry.ts";
import { runLine } from "../../src/commands/run-line.ts";
import { writeNpz } from "../../src/formats/write-npz.ts";
import { type Report, reportSchema } from "../../src/report/schema.ts";
import { outlierData, outlierModel } from "../fakes/outlier-model.ts";
import { type RunEffects, runEffects } from "../fakes/run-effects.ts";

export const config = ".github/trt-gate.yml";

/** Passes as it is. */
export const soundConfig = `version: 1
models:
  - name: m
    path: models/m.onnx
    quantization:
      data: data/calibration.npz
      min-samples: 1
    validation:
      data: data/validation.npz
    tolerance: {max-abs: {fail: 100000}}
`;

export interface Ended {
  readonly exitCode: number;
  readonly out: string;
  /** Lines of the log as `level: text`. */
  readonly log: string;
  /** Undefined where none lies in the report folder. */
  readonly report: Report | undefined;
}

export interface Workplace {
  readonly effects: RunEffects;
  at(name: string): string;
  /** Writes a file, or removes it where there is no content. */
  put(name: string, content: string | Uint8Array | undefined): Promise<void>;
  /** `trt-gate …` in the folder. */
  trtGate(...argv: readonly string[]): Promise<Ended>;
  /** `trt-gate check` in the simulate lane without a search. */
  check(): Promise<Ended>;
  end(): Promise<void>;
}

export async function workplace(env: Readonly<Record<string, string>> = {}): Promise<Workplace> {
  const effects = await runEffects(env);
  const at = (name: string) => join(effects.cwd, name);
  const put = async (name: string, content: string | Uint8Array | undefined): Promise<void> => {
    await mkdir(dirname(at(name)), { recursive: true });
    if (content === undefined) await rm(at(name), { recursive: true });
    else await writeFile(at(name), content);
  };
  await put("models/m.onnx", outlierModel());
  await put("data/calibration.npz", writeNpz([outlierData(8)]));
  await put(
    "data/validation.npz",
    writeNpz([{ ...outlierData(16), data: Float32Array.from(outlierData(16).data, Number).map((value) => value * 0.9) }]),
  );
  await put(config, soundConfig);
  const trtGate = async (...argv: readonly string[]): Promise<Ended> => {
    effects.lines.length = 0;
    let out = "";
    const io = { out: (text: string) => (out += text), isTerminal: false };
    const exitCode = await runLine(argv, { effects, io, version: "0.0.0", loaders });
    return { exitCode, out, log: effects.lines.join("\n"), report: await readReport(at("trt-gate-report/report.json")) };
  };
  return {
    effects,
    at,
    put,
    trtGate,
    check: () => trtGate("check", "--lane", "simulate", "--search", "off", "--changed-only", "false"),
    end: () => effects.end(),
  };
}

const readReport = (path: string): Promise<Report | undefined> =>
  readFile(path, "utf8").then(
    (text) => reportSchema.parse(JSON.parse(text)),
    () => undefined,
  );

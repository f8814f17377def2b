/** What `init` finds below the working folder: models, calibration caches and samples, each opened and read as far as pairing needs. */
import { join } from "node:path";
import { modelFacts } from "../calibration/model-facts.ts";
import { openCache, openSidecar } from "../calibration/open-cache.ts";
import type { Found, FoundCache, FoundModel, FoundSamples, UnreadModel } from "../config/init-facts.ts";
import { purposeOf } from "../config/init-pairs.ts";
import type { Effects, Files } from "../effects/effects.ts";
import { ConfigError, FileError } from "../effects/failure.ts";
import { openSaved } from "../formats/open-saved.ts";
import { modelInputs } from "../onnx/inputs.ts";
import { toNetwork } from "../onnx/network.ts";
import { hasQdq, qdqUnits } from "../onnx/qdq-units.ts";
import { quantiserRanges } from "../onnx/quantiser-ranges.ts";
import { readModel } from "../onnx/read.ts";
import { inQdqForm } from "./in-qdq-form.ts";

const maxFiles = 50_000;
const skipped = new Set(["node_modules", "dist", "build", "venv", "__pycache__", "trt-gate-report"]);

/** A file that cannot be read is `unread` with why, or no cache or sample at all. At most 50,000 files are looked at. */
export async function lookAround(effects: Effects): Promise<Found> {
  const paths = await filesBelow(effects);
  const { cwd, files } = effects;
  const read: (FoundModel | UnreadModel)[] = [];
  // One after the other: models and samples may be large, and there may be many.
  for (const path of paths) if (/\.onnx$/i.test(path)) read.push(await readFacts(path, cwd, files));
  return {
    models: read.filter((one) => "kind" in one),
    unread: read.filter((one) => "why" in one),
    caches: await caches(paths, cwd, files),
    samples: await samples(paths, cwd, files),
  };
}

/** Relative paths in the order of their names; follows no link, looks into no hidden folder and no report of the gate. */
async function filesBelow({ cwd, files, log }: Effects): Promise<readonly string[]> {
  const paths: string[] = [];
  const folders = [""];
  for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) {
    const names = (await files.list(join(cwd, folder))).toSorted();
    if (folder !== "" && names.includes("report.json") && (await isReport(join(cwd, folder, "report.json"), files))) continue;
    for (const name of names) {
      const path = folder === "" ? name : `${folder}/${name}`;
      const kind = (await files.lstat(join(cwd, path)))?.kind;
      if (kind === "folder" && !name.startsWith(".") && !skipped.has(name)) folders.push(path);
      else if (kind === "file") paths.push(path);
    }
    if (paths.length > maxFiles) {
      log.warning(`More than ${maxFiles} files are here; the rest was not looked at.`);
      break;
    }
  }
  return paths;
}

/** A report folder of any name: its fixed models and plans are results, not what is to be checked. */
const isReport = async (path: string, files: Files): Promise<boolean> =>
  (await files.lstat(path))?.kind === "file" &&
  /"schemaVersion":[^{]*"tool":\s*\{\s*"name":\s*"trt-gate"/.test(await startOf(path, files, 200));

async function readFacts(path: string, cwd: string, files: Files): Promise<FoundModel | UnreadModel> {
  return await attempt(
    async () => {
      const model = await readModel(join(cwd, path), files, { weights: "left-in-file", shownAs: path });
      const { node, output } = model.graph;
      const isInteger = node.some(({ opType }) => /^(QLinear|ConvInteger$|MatMulInteger|DynamicQuantizeLinear$|QGemm$)/.test(opType));
      const kind = isInteger ? "integer" : hasQdq(node) ? "qdq" : "float";
      const form = kind === "qdq" ? await inQdqForm(toNetwork(model), files) : undefined;
      const { computeInputs } = kind === "float" ? await modelFacts(model, files) : { computeInputs: [] };
      return {
        path,
        kind,
        needsFloat: form !== undefined && qdqUnits(form, undefined).units.length === 0,
        inputs: modelInputs(model).map(({ name, dtype, dims }) => ({ name, dims, isFloat: dtype.startsWith("float") })),
        outputs: output.map(({ name }) => name),
        ...(kind === "qdq" ? { holds: quantiserRanges(toNetwork(model), undefined) } : {}),
        computeInputs: computeInputs.map(({ tensor }) => tensor),
      } as const;
    },
    (why) => ({ path, why }),
  );
}

/** TensorRT's caches start with `TRT-<version>-<algorithm>`; other files use the same endings. */
async function caches(paths: readonly string[], cwd: string, files: Files): Promise<FoundCache[]> {
  const found: FoundCache[] = [];
  for (const path of paths) {
    if (!/\.(cache|calib|table|bin)$/i.test(path) || (await startOf(join(cwd, path), files, 4)) !== "TRT-") continue;
    const note = await attempt(() => openSidecar(join(cwd, path), path, files), noFile);
    const cache = await attempt(async () => {
      const { scales } = await openCache(join(cwd, path), path, files);
      return { path, tensors: new Set(scales.keys()), scales, rows: note?.rows };
    }, noFile);
    if (cache !== undefined) found.push(cache);
  }
  return found;
}

/** Files of arrays; a folder that holds nothing but files of the same arrays stands for all of them. JSON only where its name says that it holds inputs. */
async function samples(paths: readonly string[], cwd: string, files: Files): Promise<FoundSamples[]> {
  const isArrays = (path: string) => /\.np[yz]$/i.test(path) || /(calib|valid|input|feed|sample)[^/]*\.json$/i.test(path);
  const found: FoundSamples[] = [];
  for (const [folder, all] of Map.groupBy(paths, (path) => path.slice(0, Math.max(0, path.lastIndexOf("/"))))) {
    const read: FoundSamples[] = [];
    for (const path of all.filter(isArrays)) {
      const one = await readShapes(path, cwd, files);
      if (one !== undefined) read.push(one);
    }
    const isSet = folder !== "" && read.length > 1 && read.length === all.length && new Set(read.map(looks)).size === 1;
    const whole = { path: folder, count: read.reduce((sum, { count }) => sum + count, 0), isMadeUp: read.every((one) => one.isMadeUp) };
    found.push(...(isSet ? read.slice(0, 1).map((one) => ({ ...one, ...whole })) : read));
  }
  return found;
}

/** The number of samples may differ between the files of a folder; their arrays, sizes, and what they are for may not. */
const looks = ({ path, shapes }: FoundSamples): string =>
  JSON.stringify([purposeOf(path), [...shapes].map(([name, shape]) => [name, shape.length, shape.slice(1)])]);

async function readShapes(path: string, cwd: string, files: Files): Promise<FoundSamples | undefined> {
  return await attempt(async () => {
    const saved = await openSaved(join(cwd, path), files);
    const iterations = saved.runners[0]?.iterations ?? [];
    const [first] = iterations;
    if (first === undefined || (saved.holds !== "inputs" && !/^\.np[yz]$/.test(saved.format))) return undefined;
    const shapes = [...first].map(([name, { header }]) => [saved.format === ".npy" ? "" : name, header.shape] as const);
    const isWhole = saved.holds === "inputs";
    return {
      path,
      form: isWhole ? "whole" : "cut",
      shapes: new Map(shapes),
      count: isWhole ? iterations.length : (shapes[0]?.[1][0] ?? 0),
      isMadeUp: iterations.every((arrays) => arrays.values().some((array) => array.isMadeUp)),
    };
  }, noFile);
}

async function startOf(path: string, files: Files, bytes: number): Promise<string> {
  const reader = await files.open(path);
  try {
    return new TextDecoder("latin1").decode(await reader.read(0, bytes));
  } finally {
    await reader.close();
  }
}

const noFile = (): undefined => undefined;

/** Only what is wrong with a user's file is an answer; anything else is thrown on. */
async function attempt<T, U>(read: () => Promise<T>, otherwise: (why: string) => U): Promise<T | U> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof FileError)) throw error;
    return otherwise(error.message);
  }
}

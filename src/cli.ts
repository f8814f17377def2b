#!/usr/bin/env node
/**
 * The launcher of the command: refuses a Node that is too old, or a working folder that is gone, in one sentence, and only then loads everything else.
 * It imports nothing that a damaged dist/ could lack: a failed load is the gate's fault (exit 5), never Node's 1, which means regression.
 */
import { refusalOfFolder, refusalOfNode } from "./node-version.ts";

const refusal = refusalOfNode(process.versions.node, process.argv.slice(1)) ?? refusalOfFolder(process.cwd);
if (refusal === undefined) {
  const loaded = await import("./command-line.ts").catch((error: unknown) => {
    const why = (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, " ");
    process.stderr.write(`error: trt-gate could not be loaded (${why}): its dist/ is damaged or incomplete; install it anew.\n`);
    process.exitCode = 5;
  });
  await loaded?.runCommandLine();
} else {
  process.stderr.write(`error: ${refusal}\n`);
  process.exitCode = 2;
}

/**
 * The whole gate on a real model and a pull request that breaks it (demo-pull-request.ts), simulated on the CPU: the layer to blame, what moved, and the
 * fix. Leaves a report to look at. Its exit code is 0 when the gate did its work, whatever it thinks of the model.
 */
import { spawnSync } from "node:child_process";
import { rm } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { baseBranch, damage, writeDemoPullRequest } from "./demo-pull-request.ts";
import { faultOfDemo } from "./demo-result.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [folder, reportFolder] = [join(root, ".cache/demo"), join(root, "demo-report")];
/** As it is typed in the folder where the demo was called. */
const here = (path: string): string => relative(process.cwd(), path) || ".";
const gate = `${process.execPath} ${join(root, "dist/cli.js")}`;
const check = ["check", "--lane", "simulate", "--changed-since", baseBranch];

console.log(`A made-up pull request to a text-direction classifier, in ${here(folder)}/: it renews the calibration cache.`);
console.log("The gate compares INT8 with the float model on 72 pictures and searches for the layers to blame.\n");
await writeDemoPullRequest(folder);
const reportPath = join(reportFolder, "report.json");
// An earlier demo's report must not stand for this one's.
await rm(reportPath, { force: true });
const startMs = performance.now();
const words = [join(root, "dist/cli.js"), ...check, "--report-dir", reportFolder, ...process.argv.slice(2)];
const { status } = spawnSync(process.execPath, words, { cwd: folder, stdio: "inherit" });
const seconds = ((performance.now() - startMs) / 1000).toFixed(1);

const fault = await faultOfDemo(status, reportPath);
if (fault === undefined) {
  console.log(`\nThe gate found a regression in ${seconds} s, as it should (exit code 1 would block the merge).`);
  console.log(`What the demo broke: the scale of "${damage.tensor}", which ${damage.reader} reads, is an eighth of the calibrated one.`);
  console.log(`The report to look at: ${here(join(reportFolder, "report.html"))} (the lines above are as seen from ${here(folder)}/).`);
  console.log("Beside it: comment.md as the pull request would show it, report.json, and fix/.");
  console.log(
    `To see it turn green: cd ${here(folder)}, one of the commands behind "Next:" above (the scale put back, or its reader kept in FP16), then`,
  );
  // With the cache put back nothing differs from the base any more: only a check of all models compares.
  console.log(`  ${gate} check --lane simulate --base-ref ${baseBranch} --changed-only=false`);
  console.log(`In a repository of your own: ${gate} init`);
} else {
  console.error(`\n${fault} See its lines above.`);
  process.exitCode = 5;
}

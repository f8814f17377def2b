/**
 * Writes sample reports of every verdict for eyes: comment, summary, page and terminal table of each, into the folder named (default `preview/`).
 * The samples are the ones the tests use.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { renderAllClear, renderComment } from "../src/report/comment.ts";
import { renderHtml } from "../src/report/html/page.ts";
import type { Report } from "../src/report/schema.ts";
import { renderSummary } from "../src/report/summary.ts";
import { renderTerminal } from "../src/report/terminal.ts";
import { hostileReport } from "../test/fakes/hostile-report.ts";
import {
  passingModel,
  passReport,
  sampleFix,
  sampleModel,
  sampleReport,
  sampleScript,
  sampleSearch,
  undecidedModel,
  undecidedReport,
} from "../test/fakes/report.ts";

const diffuse = sampleModel({
  search: sampleSearch({
    outcome: "diffuse",
    keep: [],
    oneMinimal: false,
    heldOut: null,
    message: "The error is spread over the network: no prefix of any ranking passes with fewer than 14 of 54 units.",
  }),
  fix: null,
});
const pointless = sampleModel({
  fix: sampleFix({
    latency: {
      referenceMs: 0.61,
      candidateMs: 0.98,
      fixedMs: 0.97,
      slowdownVsReference: 1.59,
      pointless: true,
      message: "The fixed engine is 1.59 times slower than FP16.",
    },
  }),
});

const samples: Readonly<Record<string, Report>> = {
  regression: sampleReport(),
  diffuse: sampleReport({ models: [diffuse] }),
  "pointless-fix": sampleReport({ models: [pointless] }),
  pass: passReport(),
  undecided: undecidedReport(),
  "several-models": sampleReport({
    models: [passingModel({ name: "text-recognition", path: "models/rec.onnx" }), undecidedModel(), sampleModel()],
  }),
  "no-change": passReport({ models: [] }),
  hostile: hostileReport(5000),
};

const folder = process.argv[2] ?? "preview";
await mkdir(folder, { recursive: true });
for (const [name, report] of Object.entries(samples)) {
  const options = { jobKey: "accuracy/check", runUrl: report.environment.runUrl ?? undefined, fixScripts: [sampleScript] };
  const write = (ending: string, text: string) => writeFile(join(folder, `${name}.${ending}`), text);
  await write("comment.md", renderComment(report, options));
  await write("summary.md", renderSummary(report, options));
  await write("html", renderHtml(report));
  await write("txt", renderTerminal(report, { ansi: false }));
}
await writeFile(join(folder, "all-clear.comment.md"), renderAllClear(passReport(), { jobKey: "accuracy/check", fixScripts: [] }));
console.log(`${Object.keys(samples).length} samples in ${folder}/: open any .html, or paste a .comment.md into a pull request.`);

/** How a fix gets into the pull request: which commands the comment and the page offer, in which order. */
import { describe, expect, it } from "vitest";
import { renderComment } from "../../../src/report/comment.ts";
import { renderHtml } from "../../../src/report/html/page.ts";
import type { ModelReport } from "../../../src/report/schema.ts";
import { adoptFix } from "../../../src/report/sections/kept.ts";
import { renderTerminal } from "../../../src/report/terminal.ts";
import { sampleFix, sampleModel, sampleReport } from "../../fakes/report.ts";

const [patch, replace, restore] = [
  "git apply --index r/fix/m/keep.patch && git commit -m x",
  "cp r/fix/m/fixed.qdq.onnx m.onnx && git commit -m x -- m.onnx",
  "git checkout abc -- m.cache",
];
const files: NonNullable<ModelReport["fix"]>["files"] = [
  { format: "qdq", path: "fix/m/fix_qdq.py", command: "python3 fix_qdq.py", leftOut: [] },
  { format: "patch", path: "fix/m/keep.patch", command: patch, leftOut: [] },
];
const fixedModel = {
  format: "qdq",
  path: "fix/m/fixed.qdq.onnx",
  command: "trtexec --onnx=r/fix/m/fixed.qdq.onnx",
  commit: replace,
  leftOut: [],
};
const model = (more: Partial<ModelReport> = {}) => sampleModel({ fix: sampleFix({ files }), advice: [], ...more });
const asQdq = {
  fix: sampleFix({ files: [...files, fixedModel] }),
  quantization: { ...sampleModel().quantization, algorithm: "Q/DQ", source: "models/m.qdq.onnx" },
};
const moved = [{ rule: "moved-scales", text: "Put it back.", evidence: { command: restore, what: "calibration cache" } }];

/** The lines of the blocks, in their order. */
const blocks = (one: ModelReport, runUrl?: string): string[][] =>
  [...adoptFix(one, { runUrl }).matchAll(/```sh\n([\s\S]*?)\n```/g)].map(([, body = ""]) => body.split("\n"));

describe("the commands that put a fix into the pull request", () => {
  it("are the patch where scales quantise the model, behind the download in a workflow", () => {
    expect(blocks(model())).toEqual([[patch]]);
    expect(blocks(model(), "https://github.com/o/r/actions/runs/20")).toEqual([["gh run download 20 -n trt-gate -D r", patch]]);
  });

  it("are the fixed model in its place where the model comes as Q/DQ, then the patch", () => {
    const download = "gh run download 20 -n trt-gate -D r";
    expect(blocks(model(asQdq), "https://github.com/o/r/actions/runs/20")).toEqual([
      [download, replace],
      [download, patch],
    ]);
    expect(adoptFix(model(asQdq), {})).toContain("in place of `models/m.qdq.onnx`");
  });

  it("begin with what puts a moved scale back, also where no fix was proved and for a pass that fell, not for one by kept units", () => {
    const back = `${restore} && git commit -m 'Put the former calibration cache back'`;
    expect(blocks(model({ advice: moved }))).toEqual([[back], [patch]]);
    expect(blocks(model({ advice: moved, fix: null }))).toEqual([[back]]);
    const pass = { advice: moved, fix: null, verdict: "pass" } as const;
    expect(blocks(model(pass))).toEqual([[back]]);
    const kept: ModelReport["kept"] = { precision: "float16", file: "m.keep.json", units: [] };
    expect(blocks(model({ ...pass, kept }))).toEqual([]);
  });

  it("are the same line in the terminal, without a commit of what was never committed", () => {
    const undecided = model({ advice: moved, fix: null, verdict: "undecided", reason: "limit-in-interval" });
    const back = `${restore} && git commit -m 'Put the former calibration cache back'`;
    const said = (one: ModelReport) =>
      renderTerminal(sampleReport({ verdict: one.verdict, models: [one] }), { ansi: false, folder: "r" }).match(/^Next.*git checkout.*$/gm);
    expect(said(undecided)).toEqual([`Next: ${back}`]);
    expect(blocks(undecided)).toEqual([[back]]);
    expect(said({ ...undecided, verdict: "pass" })).toEqual([`Next, where the moved scales were not meant: ${back}`]);
    const baseline: ModelReport["baseline"] = { commit: "abc", name: "the last commit", verdict: "pass", message: "", outputs: [] };
    expect(said({ ...undecided, baseline })).toEqual([`Next: ${restore}`]);
  });

  it("are what the step of the fix points at, and the script where there is no patch", () => {
    const step = (one: ModelReport) => renderComment(sampleReport({ models: [one] }), { jobKey: "a/b", fixScripts: [] });
    expect(step(model())).toContain("commit the patch below; the precision script builds it.");
    expect(step(sampleModel({ advice: [] }))).toContain("take the precision script below.");
  });

  it("put changed calibration samples back, and call no fruitless trial a step", () => {
    const command = "git checkout abc -- calibration.npy";
    const what = "calibration samples";
    const tried = { rule: "scheme-without-gain", text: "Tried, and no better.", evidence: {} };
    const add = { rule: "few-samples", text: "Calibrate with more samples.", evidence: {} };
    const advice = [{ rule: "changed-file", text: `Put it back: ${command}.`, evidence: { command, what } }, tried, add];
    const one = model({ advice, fix: null });
    const said = renderTerminal(sampleReport({ models: [one] }), { ansi: false, folder: "r" });
    const line = `${command} && git commit -m 'Put the former calibration samples back'`;
    expect(said).toContain(
      `\nNext: ${line}\nOr, where the new calibration samples are meant: text-direction: Calibrate with more samples.\n`,
    );
    expect(blocks(one)).toEqual([[line]]);
  });

  it("are none without a proof", () => {
    const { verified } = sampleFix();
    expect(adoptFix(model({ fix: sampleFix({ files, verified: verified && { ...verified, passes: false } }) }), {})).toBe("");
  });

  it("stand first among the files of the page", () => {
    const page = renderHtml(sampleReport({ models: [model(asQdq)] }));
    expect(page.indexOf("cp r/fix/m/fixed.qdq.onnx")).toBeGreaterThan(0);
    expect(page.indexOf("cp r/fix/m/fixed.qdq.onnx")).toBeLessThan(page.indexOf("git apply --index r/fix/m/keep.patch"));
  });
});

/** A local check compares with a base by itself: where the branch left the default branch, else the last commit. The figures are numpy's. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { keepFileText } from "../../../src/fix/keep-file.ts";
import { main } from "../../../src/main.ts";
import { type ModelReport, reportSchema } from "../../../src/report/schema.ts";
import {
  cacheOf,
  identityModel,
  numpyDb,
  numpyDbOfQuiet,
  scaledConfig,
  twoProducts,
  validation,
  writeScaled,
} from "../../fakes/moved-scale.ts";
import { makeRepository, type Repository } from "../../fakes/repository.ts";
import { runEffects } from "../../fakes/run-effects.ts";
import { runCommand } from "../../support/command.ts";

let repository: Repository;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "base-"));
  repository = makeRepository(folder);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** `main` with a scale of 2/127 and these lines in the model's entry; then `topic` is checked out. */
function topic(more = ""): string {
  writeScaled(folder, 2, more);
  const base = repository.commit({});
  repository.git("checkout", "-q", "-b", "topic");
  return base;
}

function check(...words: readonly string[]) {
  const ran = runCommand(["check", "--lane", "simulate", "--search", "off", ...words], folder);
  const { models } = reportSchema.parse(JSON.parse(readFileSync(join(folder, "trt-gate-report/report.json"), "utf8")));
  const [model] = models;
  if (model === undefined) throw new Error(`no model was checked: ${ran.stderr}`);
  return { ...ran, text: ran.stdout.replaceAll(/\n {2}(?=\S)/g, " "), model };
}
const sqnr = ({ outputs: [output] }: Pick<ModelReport, "outputs">) => Number(Number(output?.metrics.sqnrDb).toFixed(1));

describe("a check in a git work tree", () => {
  it("names the base, both figures and the scale where a pass lost far, and its next command puts the cache back", () => {
    const base = topic();
    repository.commit({ "m.cache": cacheOf(16) });
    const fell = check();
    expect([fell.status, fell.model.verdict, sqnr(fell.model)], fell.stderr).toEqual([0, "pass", numpyDb[16]]);
    expect(fell.model.baseline).toMatchObject({ commit: base, name: "main", source: "measured", verdict: "pass" });
    expect(sqnr(fell.model.baseline ?? { outputs: [] })).toBe(numpyDb[2]);
    expect(fell.stdout.replace("\n", " ")).toMatch(/^Within limits, but INT8 accuracy of m fell from 50\.0 dB at main to 31\.8 dB/);
    expect(fell.text).toContain('Suspected: 1 of 2 scales moved, that of "x" (8 times)');
    expect(fell.text).toContain("`tolerance.baseline`");
    const command =
      /^Next, where the moved scales were not meant: (git checkout \S+ -- m\.cache) && git commit -m 'Put the former calibration cache back'$/m.exec(
        fell.stdout,
      )?.[1] ?? "";
    repository.git(...command.split(" ").slice(1));
    const restored = check();
    expect([restored.status, sqnr(restored.model), restored.model.baseline?.source]).toEqual([0, numpyDb[2], "same"]);
    expect(restored.stdout).toMatch(/^Safe to merge/);
  });

  it("compares files that are not committed with the last commit, and says a small loss in one line", () => {
    writeScaled(folder, 2);
    repository.commit({});
    writeFileSync(join(folder, "m.cache"), cacheOf(3));
    const { text, model, stdout } = check();
    expect(sqnr(model)).toBe(numpyDb[3]);
    expect(model.caveats?.map(({ reason }) => reason) ?? []).not.toContain("lost-since-base");
    expect(stdout).toMatch(/^Safe to merge/);
    expect(text).toMatch(
      /m: (SQNR 46\.1 dB, )?3\.9 dB below the last commit's 50\.0 dB; changed: 1 of 2 scales moved, that of "x" \(1\.5 times\) \(base [0-9a-f]{7}\)/,
    );
  });

  it("says of a moved scale that nothing quantised reads that the figures show nothing of it", () => {
    topic();
    const cache = cacheOf(2).replace(/^y: .*$/m, "y: 3e000000");
    repository.commit({ "m.cache": cache });
    const unread = check();
    expect([unread.status, sqnr(unread.model)]).toEqual([0, numpyDb[2]]);
    expect(unread.model.baseline?.scales?.map(({ tensor }) => tensor)).toEqual(["y"]);
    expect(unread.text.replaceAll(/\s+/g, " ")).toMatch(
      /changed: 1 of 2 scales moved, that of "y" \(\S+ times\); no convolution or matrix product reads it, so the simulation does not use it; an engine may/,
    );
    repository.commit({ "m.cache": cacheOf(3).replace(/^y: .*$/m, "y: 3e000000") });
    expect(check().model.baseline?.causes?.[1]).toMatch(/^no convolution or matrix product reads "y", so the simulation does not use it;/);
    repository.commit({ "m.cache": cacheOf(3) });
    expect(check().model.baseline?.causes).toEqual(['1 of 2 scales moved, that of "x" (1.5 times)']);
  });

  it("offers the former cache first where the change regressed, and is green with it", () => {
    topic("    tolerance: {sqnr-db: {fail: 40}}\n");
    repository.commit({ "m.cache": cacheOf(16) });
    const red = check();
    expect([red.status, sqnr(red.model)]).toEqual([1, numpyDb[16]]);
    const command =
      /^Next: (git checkout \S+ -- m\.cache) && git commit -m 'Put the former calibration cache back'$/m.exec(red.stdout)?.[1] ?? "";
    repository.git(...command.split(" ").slice(1));
    expect(check().status).toBe(0);
  });

  it("says of a pass by kept units how the change is undone, and that is green without them", () => {
    const limits = "    tolerance: {sqnr-db: {fail: 40}}\n";
    writeScaled(folder, 2, limits);
    repository.commit({ "m.onnx": undefined });
    writeFileSync(join(folder, "m.onnx"), twoProducts());
    repository.commit({ "m.cache": cacheOf(2, { h: 2 }) });
    repository.git("checkout", "-q", "-b", "topic");
    const units = [{ unit: "MatMul:y", nodes: ["second"], layers: [] }];
    repository.commit({
      "m.cache": cacheOf(2, { h: 16 }),
      "m.keep.json": keepFileText({
        gateVersion: "0",
        model: { name: "m", path: "m.onnx", sha256: "0" },
        kept: units,
        precision: "float16",
      }),
      ".github/trt-gate.yml": scaledConfig(`    keep: m.keep.json\n${limits}`),
    });
    const kept = check();
    expect([kept.status, kept.model.verdict, kept.model.kept?.atBase], kept.stderr).toEqual([0, "pass", "none"]);
    expect(kept.text).toContain("kept by m.keep.json: 1 unit in float16");
    const undo =
      /put the former cache back and keep nothing: (git checkout \S+ -- m\.cache && git rm m\.keep\.json), and take "(.*)" out of (\S+):(\d+)\./;
    const [, command = "", line = "", file = "", number = ""] = undo.exec(kept.text.replaceAll(/\s+/g, " ")) ?? [];
    execFileSync("sh", ["-c", command], { cwd: folder });
    const lines = readFileSync(join(folder, file), "utf8").split("\n");
    expect(lines[Number(number) - 1]?.trim()).toBe(line);
    writeFileSync(join(folder, file), lines.toSpliced(Number(number) - 1, 1).join("\n"));
    repository.git("commit", "-qam", "Undo");
    expect(repository.git("diff", "main", "HEAD")).toBe("");
    const undone = check("--changed-only", "false");
    expect([undone.status, undone.model.verdict, undone.model.kept], undone.stderr).toEqual([0, "pass", undefined]);
  });

  it("calls kept units reviewed where the base keeps them by the same file", () => {
    topic("    keep: [second]\n");
    writeFileSync(join(folder, "m.onnx"), twoProducts());
    repository.git("add", "-A");
    repository.commit({ "m.cache": cacheOf(2, { h: 2 }) });
    const { model, text } = check();
    expect([model.kept?.atBase, text]).toEqual([
      "same",
      expect.stringContaining("kept: 1 unit in float16, reviewed in .github/trt-gate.yml"),
    ]);
  });

  it("takes the base's figures from the report of an earlier run of the same files", () => {
    topic();
    expect(check().model.baseline?.source).toBe("same");
    repository.commit({ "m.cache": cacheOf(16) });
    const [first, second] = [check(), check()];
    for (const { model } of [first, second]) {
      expect(model.baseline?.source).toBe("report");
      expect(sqnr(model.baseline ?? { outputs: [] })).toBe(numpyDb[2]);
    }
    repository.commit({ "m.onnx": undefined });
    writeFileSync(join(folder, "m.onnx"), identityModel());
    // Another base, of another scale: the report of the former one says nothing of it.
    repository.git("add", "-A");
    repository.git("checkout", "-q", "-B", "main");
    repository.commit({ "m.cache": cacheOf(8) });
    repository.git("checkout", "-q", "-b", "later");
    writeFileSync(join(folder, "m.cache"), cacheOf(16));
    const later = check();
    expect([later.model.baseline?.source, sqnr(later.model.baseline ?? { outputs: [] })]).toEqual(["measured", numpyDb[8]]);
  });

  it("compares with the base's own cache where the configuration names another now", () => {
    topic();
    repository.commit({ ".github/trt-gate.yml": scaledConfig("", "new.cache"), "new.cache": cacheOf(16), "m.cache": undefined });
    const { model, stderr } = check();
    expect([sqnr(model), sqnr(model.baseline ?? { outputs: [] })], stderr).toEqual([numpyDb[16], numpyDb[2]]);
  });

  it("measures the base on this commit's samples, so that other samples alone are no loss", () => {
    topic();
    writeFileSync(join(folder, "validation.npy"), validation(0.25));
    const samplesOnly = check();
    expect([sqnr(samplesOnly.model), samplesOnly.model.baseline?.source], samplesOnly.stderr).toEqual([numpyDbOfQuiet[2], "same"]);
    expect(samplesOnly.text).not.toContain("fell");
    expect(samplesOnly.model.baseline?.message).toMatch(
      /^Only the samples that it is judged on changed: the last commit \([0-9a-f]{7}\) has the same/,
    );
    writeFileSync(join(folder, "m.cache"), cacheOf(8));
    const both = check();
    expect([sqnr(both.model), sqnr(both.model.baseline ?? { outputs: [] })]).toEqual([numpyDbOfQuiet[8], numpyDbOfQuiet[2]]);
    expect(both.text).toMatch(/11\.6 dB below the last commit's 31\.8 dB; suspected: 1 of 2 scales moved, that of "x" \(4 times\) \(base/);
  });

  it("takes no figure of another set of samples from an earlier report, and judges a drop on this commit's", () => {
    topic("    tolerance: {sqnr-db: {fail: 10}, baseline: {sqnr-db: {drop: 6}}}\n");
    check();
    writeFileSync(join(folder, "validation.npy"), validation(0.25));
    expect(check().model.verdict).toBe("pass");
    writeFileSync(join(folder, "m.cache"), cacheOf(8));
    writeFileSync(join(folder, "validation.npy"), validation());
    const loud = check();
    expect([loud.model.reason, sqnr(loud.model.baseline ?? { outputs: [] })]).toEqual(["baseline-drop", numpyDb[2]]);
  });

  it("says of a model that the base lacks that it is new", () => {
    repository.commit({ README: "x" });
    repository.git("checkout", "-q", "-b", "topic");
    writeScaled(folder, 2);
    repository.commit({});
    const { text, model } = check();
    expect(model.baseline).toMatchObject({ source: "new", verdict: null, message: expect.stringContaining("m is new: it is not at main") });
    expect(text).toContain("m: new in this change");
  });

  it("judges a drop limit against the base that it found by itself", () => {
    topic("    tolerance: {sqnr-db: {fail: 20}, baseline: {sqnr-db: {drop: 6}}}\n");
    repository.commit({ "m.cache": cacheOf(16) });
    const { status, model } = check();
    expect([status, model.reason]).toEqual([1, "baseline-drop"]);
  });

  it("measures no base with baseline: false and still names what moved, and nothing with --no-base", () => {
    topic("    baseline: false\n");
    repository.commit({ "m.cache": cacheOf(16) });
    const { model, text } = check();
    expect(model.baseline).toMatchObject({ source: "unknown", outputs: [], causes: ['1 of 2 scales moved, that of "x" (8 times)'] });
    expect(text).toContain("changed: 1 of 2 scales moved");
    const alone = check("--no-base");
    expect(alone.model.baseline).toBeNull();
    expect(alone.text).not.toContain("moved");
  });

  it("runs no second model where memory is short, says so, and judges the change as it is", async () => {
    topic();
    repository.commit({ "m.cache": cacheOf(16) });
    const effects = await runEffects({}, folder);
    try {
      const memory = () => ({ usedBytes: 3e9, availableBytes: 1e9 });
      const { report } = await main({ inputs: { lane: "simulate", search: "off" } }, { ...effects, memory });
      const [model] = report.models;
      expect([model?.verdict, model?.baseline?.source, model?.baseline?.outputs]).toEqual(["pass", "unknown", []]);
      expect(model?.baseline?.message).toMatch(/^No figure of main \([0-9a-f]{7}\): too little memory is left/);
    } finally {
      await effects.end();
    }
  });

  it("checks as before where there is no git, and where git does not know the model", () => {
    writeScaled(folder, 2);
    repository.commit({ "m.onnx": undefined });
    writeFileSync(join(folder, "m.onnx"), identityModel());
    writeFileSync(join(folder, "m.cache"), cacheOf(3));
    const unknown = check();
    expect([unknown.status, unknown.model.baseline?.message]).toEqual([
      0,
      expect.stringMatching(/^No figure of the last commit \([0-9a-f]{7}\): m\.onnx is not among the files of the last commit\.$/),
    ]);
    rmSync(join(folder, ".git"), { recursive: true });
    const without = check();
    expect([without.status, without.model.baseline]).toEqual([0, null]);
  });
});

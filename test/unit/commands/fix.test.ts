import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Report } from "../../../src/report/schema.ts";
import { sampleModel, sampleReport } from "../../fakes/report.ts";
import type { RunEffects } from "../../fakes/run-effects.ts";
import { folder, run } from "./saved-commands.ts";

const fix = (words: readonly string[], effects: RunEffects) => run("fix", () => import("../../../src/commands/fix.ts"), words, effects);

async function place(name: string, report: Report): Promise<RunEffects> {
  const effects = await folder();
  await writeFile(join(effects.cwd, name), JSON.stringify(report));
  return effects;
}

it("says what to do with a keep file that it wrote, not the command that wrote it", async () => {
  const effects = await place("r.json", sampleReport());
  const { code, log } = await fix(["r.json", "--format", "keep", "-o", "calibration/cls.keep.json"], effects);
  expect(code, log.join("\n")).toBe(0);
  expect(log.join("\n")).toContain(
    "Wrote calibration/cls.keep.json. Judge with it: the same check with --keep calibration/cls.keep.json, or the line keep: calibration/cls.keep.json in the model's entry of the configuration",
  );
  expect(log.join("\n")).not.toContain("trt-gate fix");
});

it("prints a command with the report's own name", async () => {
  const effects = await place("last run.json", sampleReport());
  const { out } = await fix(["last run.json", "--format", "config", "-o", "-"], effects);
  expect(out).toContain("trt-gate fix 'last run.json' --model text-direction --format keep");
  expect(out).not.toContain("REPORT");
});

it.each([
  [[], "fix_precision.py", "def postprocess(network)"],
  [["--format", "qdq"], "fix_qdq.py", "import"],
  [["--format", "keep"], "cls.keep.json", "trt-gate-keep"],
  [["--format", "trtexec"], "fix_trtexec.sh", "trtexec"],
  [["--format", "modelopt"], "fix_modelopt.sh", "modelopt"],
  [["--format", "config"], "trt-gate.fixed.yml", "keep:"],
] as const)("writes what nobody named a file for under its usual name, and says which: %j", async (words, name, holds) => {
  const effects = await place("r.json", sampleReport());
  const { code, out, log } = await fix(["r.json", ...words], effects);
  expect([code, out, log.join("\n")]).toEqual([0, "", expect.stringContaining(`Wrote ${name}. `)]);
  const text = await readFile(join(effects.cwd, name), "utf8");
  expect(text).toContain(holds);
  // An earlier fix gives way.
  await writeFile(join(effects.cwd, name), `${text} `);
  expect((await fix(["r.json", ...words], effects)).code).toBe(0);
  expect(await readFile(join(effects.cwd, name), "utf8")).toBe(text);
  const asked = await fix(["r.json", ...words, "-o", "-"], effects);
  expect([asked.out, (await readdir(effects.cwd)).toSorted()]).toEqual([text, [name, "r.json"].toSorted()]);
});

it("replaces no other file of that name unless it is named", async () => {
  const effects = await place("r.json", sampleReport());
  const own = join(effects.cwd, "fix_precision.py");
  await writeFile(own, "mine\n");
  const refused = await fix(["r.json"], effects);
  expect([refused.code, await readFile(own, "utf8")]).toEqual([2, "mine\n"]);
  expect(refused.log.join("\n")).toContain("Name the file with -o, or -o fix_precision.py to replace it.");
  expect((await fix(["r.json", "-o", "fix_precision.py"], effects)).code).toBe(0);
  expect(await readFile(own, "utf8")).toContain("def postprocess(network)");
});

it("takes the report of a later version that knows one more metric", async () => {
  const report = sampleReport();
  const metrics = { ...report.models[0]?.outputs[0]?.metrics, spectralDb: 31.5 };
  const models = report.models.map((model) => ({ ...model, outputs: model.outputs.map((output) => ({ ...output, metrics })) }));
  const effects = await place("report.json", { ...report, models });
  const { code, out, log } = await fix(["report.json", "--format", "polygraphy", "-o", "-"], effects);
  expect(code, log.join("\n")).toBe(0);
  expect(out).toContain("def postprocess(network)");
});

it("still refuses a figure that is none", async () => {
  const broken = JSON.stringify(sampleReport()).replace('"sqnrDb":18.42', '"sqnrDb":"much"');
  const effects = await folder();
  await writeFile(join(effects.cwd, "report.json"), broken);
  const { code, log } = await fix(["report.json"], effects);
  expect(code).toBe(2);
  expect(log.join("\n")).toContain("is not a report of this gate");
});

it.each(["polygraphy", "trtexec"])(
  "offers no precisions of layers for a model that comes as Q/DQ, whose quantisers they would leave: %s",
  async (format) => {
    const model = sampleModel({
      quantization: { source: "the model's own Q/DQ", algorithm: "Q/DQ", samples: null, cacheHeader: null, stale: null },
      caveats: [],
    });
    const effects = await place("q.json", sampleReport({ models: [model] }));
    const { code, log } = await fix(["q.json", "--format", format], effects);
    expect([code, log.join("\n")]).toEqual([
      2,
      expect.stringMatching(/quantisers of a kept unit would still clip and round: write qdq, modelopt, keep, config\./),
    ]);
    const usual = await fix(["q.json", "-o", "-"], effects);
    expect([usual.code, usual.out]).toEqual([0, expect.stringContaining("fix_qdq.py")]);
  },
);

it.each(["polygraphy", "trtexec"])("refuses to make the form of an engine that TensorRT would refuse, and says why: %s", async (format) => {
  const model = sampleModel({
    quantization: { source: "in the model", algorithm: "Q/DQ", samples: null, cacheHeader: null, stale: null },
    caveats: [{ reason: "not-for-tensorrt", message: "TensorRT refuses this model: it takes no UINT8." }],
  });
  const effects = await place("r.json", sampleReport({ models: [model] }));
  const { code, log } = await fix(["r.json", "--format", format], effects);
  expect(code).toBe(2);
  expect(log.join("\n")).toMatch(/it takes no UINT8\. Keeping units changes nothing about that: write qdq, modelopt, keep, config\./);
  expect((await fix(["r.json", "--format", "keep"], effects)).code).toBe(0);
});

/** What one model's failure leaves of the others, with real ONNX Runtime and an error that a fake throws through Effects. */
import { execFileSync } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { runWhole } from "../../src/entry.ts";
import { writeNpz } from "../../src/formats/write-npz.ts";
import { type Report, reportSchema } from "../../src/report/schema.ts";
import { type RunEffects, runEffects } from "../fakes/run-effects.ts";
import { soundModel } from "../fakes/small-models.ts";

let effects: RunEffects;
afterEach(() => effects.end());

const samples = {
  name: "x",
  dtype: "float32",
  shape: [20, 1, 4],
  data: Float32Array.from({ length: 80 }, (_, i) => Math.sin(i * 1.7)),
} as const;

const entry = (name: string) => `
  - path: ${name}.onnx
    quantization: {data: cal.npz, algorithm: minmax, min-samples: 1}
    validation: {data: val.npz}`;

async function workspace(names: readonly string[]): Promise<void> {
  effects = await runEffects();
  const at = (name: string) => join(effects.cwd, name);
  await mkdir(at(".github"), { recursive: true });
  for (const name of names) await writeFile(at(`${name}.onnx`), soundModel());
  await writeFile(at("cal.npz"), writeNpz([samples]));
  await writeFile(at("val.npz"), writeNpz([{ ...samples, data: samples.data.map((value) => value * 0.9) }]));
  await writeFile(at(".github/trt-gate.yml"), `version: 1\nmodels:${names.map(entry).join("")}\n`);
}

/** A bug of ours in the middle of one model: reading its staged copy throws what nobody expects. */
function failingOn(model: string, thrown: unknown): RunEffects {
  let current = "";
  const { files, log } = effects;
  return {
    ...effects,
    log: {
      ...log,
      group: async (title, body) => {
        current = title;
        return await log.group(title, body);
      },
    },
    files: {
      ...files,
      readBytes: async (path) => {
        if (current.startsWith(`${model} `) && path.endsWith("model.onnx")) throw thrown;
        return await files.readBytes(path);
      },
    },
  };
}

const run = (with_: RunEffects) => runWhole({ inputs: { lane: "simulate", search: "off" } }, with_);
const verdicts = (report: Report | undefined) => report?.models.map(({ name, verdict, reason }) => [name, verdict, reason]);

describe("an error of the gate's own in one model", () => {
  it.each([
    ["an error", new TypeError("Cannot read properties of undefined")],
    ["something that is no error", "a text"],
  ])("leaves the models before and behind it judged and told, and ends in exit code 5 (%s)", async (_, thrown) => {
    await workspace(["first", "second", "third"]);
    const { exitCode, outcome } = await run(failingOn("second", thrown));
    expect(exitCode).toBe(5);
    expect(verdicts(outcome?.report)).toEqual([
      ["first", "pass", "within-limits"],
      ["second", "undecided", "internal"],
      ["third", "pass", "within-limits"],
    ]);
    const folder = outcome?.reportFolder ?? "";
    expect(reportSchema.parse(JSON.parse(await readFile(join(folder, "report.json"), "utf8"))).exitCode).toBe(5);
    expect(await readFile(join(folder, "comment.md"), "utf8")).toContain("third");
    expect(effects.lines.filter((line) => line.startsWith("error: This is a bug in the gate"))).toHaveLength(1);
  });
});

it.each([
  ["model", "second.onnx"],
  ["calibration samples", "second.npz"],
])("a Git LFS pointer instead of one model's %s is that model's own verdict, and the others are judged", async (_, path) => {
  await workspace(["first", "second", "third"]);
  const config = join(effects.cwd, ".github/trt-gate.yml");
  const text = await readFile(config, "utf8");
  await writeFile(join(effects.cwd, "second.npz"), writeNpz([samples]));
  await writeFile(config, text.replace(/(path: second\.onnx\n.*data: )cal/, "$1second"));
  await writeFile(join(effects.cwd, path), `version https://git-lfs.github.com/spec/v1\noid sha256:${"0".repeat(64)}\nsize 12\n`);
  const { exitCode, outcome } = await run(effects);
  expect(verdicts(outcome?.report)).toEqual([
    ["first", "pass", "within-limits"],
    ["second", "undecided", "configuration"],
    ["third", "pass", "within-limits"],
  ]);
  expect(outcome?.report.models[1]?.message).toBe(
    `${path} is a Git LFS pointer, not the file itself. Run git lfs pull; in a workflow give the checkout step \`lfs: true\`.`,
  );
  expect(exitCode).toBe(2);
});

it("ONNX Runtime leaves nothing of its own in the temporary folder and the home of a run", async () => {
  await workspace(["model"]);
  const [temp, home] = [await effects.files.makeTempFolder("temp"), await effects.files.makeTempFolder("home")];
  const cli = fileURLToPath(new URL("../../src/cli.ts", import.meta.url));
  const args = [cli, "check", "--lane", "simulate", "--search", "off", "--report-dir", "report"];
  execFileSync(process.execPath, args, { cwd: effects.cwd, env: { PATH: process.env.PATH, TMPDIR: temp, HOME: home }, stdio: "pipe" });
  expect(await readdir(join(effects.cwd, "report"))).toContain("report.json");
  expect([await readdir(temp), await readdir(home)]).toEqual([[], []]);
});

describe("a report folder that is used again", () => {
  it("keeps no page, comment or fix of the run before, and nothing of others is touched", async () => {
    await workspace(["model"]);
    const folder = join(effects.cwd, "trt-gate-report");
    await mkdir(join(folder, "fix/model-0123abcd"), { recursive: true });
    await mkdir(join(folder, "fix/own"), { recursive: true });
    for (const name of ["report.html", "comment.md", "fix/model-0123abcd/fix_precision.py", "fix/own/notes.txt", "notes.txt"])
      await writeFile(join(folder, name), "of an earlier run");
    const { exitCode } = await run(failingOn("model", new Error("early")));
    expect(exitCode).toBe(5);
    expect(await readdir(join(folder, "fix"))).toEqual(["own"]);
    expect(await readFile(join(folder, "notes.txt"), "utf8")).toBe("of an earlier run");
    for (const name of ["report.html", "comment.md"]) expect(await readFile(join(folder, name), "utf8")).not.toContain("of an earlier run");
  });

  it("keeps no report at all where the run ends before it knows its models", async () => {
    await workspace(["model"]);
    expect((await run(effects)).exitCode).toBe(0);
    const folder = join(effects.cwd, "trt-gate-report");
    expect(await readdir(folder)).toContain("report.json");
    await writeFile(join(effects.cwd, ".github/trt-gate.yml"), "version: 1\nmodels: 7\n");
    expect((await run(effects)).exitCode).toBe(2);
    expect(await readdir(folder)).toEqual([]);
  });
});

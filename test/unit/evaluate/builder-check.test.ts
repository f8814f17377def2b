import { chmod, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { ToolError } from "../../../src/effects/failure.ts";
import { checkBuilder } from "../../../src/evaluate/builder-check.ts";
import { type RunEffects, runEffects } from "../../fakes/run-effects.ts";

let effects: RunEffects | undefined;
afterEach(() => effects?.end());

/** A prepared check of `model`, whose scales name nothing that matters here. */
async function prepared(model: string, overrides: object = {}) {
  effects = await runEffects();
  const job = {
    name: "m",
    modelPath: model,
    quantization: {},
    shapes: new Map(),
    workFolder: effects.folder,
    deadlineMs: Number.POSITIVE_INFINITY,
    effects,
  };
  return { job, lane: { scales: new Map() }, holdsQdq: false, python: "/nowhere/python", builderCheck: "auto", ...overrides } as never;
}
const model = join(import.meta.dirname, "../../fixtures/onnxruntime-quantizer/pictures.onnx");

describe("a builder check that cannot be made", () => {
  it("is nothing, whatever the reason: no Python, no model, a file of the gate's that is missing", async () => {
    expect(await checkBuilder(await prepared(model), [])).toBeUndefined();
    expect(await checkBuilder(await prepared("/nowhere/model.onnx"), [])).toBeUndefined();
    const broken = await prepared(model);
    const lost = {
      ...(broken as { job: { effects: RunEffects } }).job.effects,
      exec: { run: () => Promise.reject(new ToolError("lane-unavailable", "gone")) },
    };
    expect(
      await checkBuilder({ ...(broken as object), job: { ...(broken as { job: object }).job, effects: lost } } as never, []),
    ).toBeUndefined();
  });

  it("still ends with the run where that was cancelled", async () => {
    const asked = await prepared(model);
    const cancelled = {
      ...(asked as { job: { effects: RunEffects } }).job.effects,
      exec: { run: () => Promise.reject(new ToolError("cancelled", "stop")) },
    };
    const question = checkBuilder({ ...(asked as object), job: { ...(asked as { job: object }).job, effects: cancelled } } as never, []);
    await expect(question).rejects.toMatchObject({ reason: "cancelled" });
  });

  it("is not made where it is off", async () => {
    const off = await prepared("/nowhere/model.onnx", { builderCheck: "off" });
    expect(await checkBuilder(off, ["Conv:x"])).toBeUndefined();
    expect(effects?.started).toEqual([]);
  });
});

describe("a model for the builder", () => {
  const asked = async (isInstalled: boolean) => {
    const question = await prepared(model);
    const python = join(effects?.folder ?? "", "python");
    await writeFile(
      python,
      `#!/bin/sh\nif test $# -eq 2; then echo '{"installed":${isInstalled}}' >"$2"; else echo '{"builder":"B","taken":true}' >"$4"; fi\n`,
    );
    await chmod(python, 0o755);
    const verdict = await checkBuilder({ ...(question as object), python } as never, []);
    return { verdict, made: (await readdir(effects?.folder ?? "")).filter((name) => name.endsWith(".onnx")) };
  };

  it("is made and asked about where there is a builder", async () => {
    const { verdict, made } = await asked(true);
    expect(verdict?.report).toEqual({ builder: "B", answers: [{ what: "candidate", answer: "taken" }] });
    expect(made).toEqual(["builder-candidate.onnx"]);
  });

  it("is not made where there is none", async () => {
    expect(await asked(false)).toEqual({ verdict: undefined, made: [] });
  });
});

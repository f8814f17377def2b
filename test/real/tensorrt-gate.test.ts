/** The whole gate in the implicit lane: real worker, real Polygraphy, fake TensorRT; with search, fix, and `search.method: bisect`. */
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { main } from "../../src/main.ts";
import { publicationOf } from "../../src/publish/door.ts";
import { publish } from "../../src/publish/publish.ts";
import { type FakeMachine, fakeMachine } from "../fakes/fake-tensorrt.ts";
import { classifier, recorded } from "../fakes/simulate-job.ts";
import { describeWithPython } from "../support/needs.ts";

let machine: FakeMachine;
afterEach(() => machine.end());

interface Wanted {
  readonly limitDb: number;
  readonly samples?: number;
  /** Further keys of the source: `data` ranks on calibration samples. */
  readonly source?: string;
  readonly search: string;
  readonly fake?: Readonly<Record<string, string>>;
  readonly inputs?: Readonly<Record<string, string>>;
}

/** A workspace with the classifier, its cache and pictures. */
async function check({ limitDb, samples = 4, source = "", search, fake = {}, inputs = {} }: Wanted) {
  machine = await fakeMachine(fake);
  const at = (name: string) => join(machine.effects.cwd, name);
  await mkdir(at(".github"), { recursive: true });
  await copyFile(classifier, at("cls.onnx"));
  for (const name of ["cls.calibration.cache", "validation.npz", "calibration.npz"]) await copyFile(join(recorded, name), at(name));
  await writeFile(
    at(".github/trt-gate.yml"),
    `version: 1
models:
  - name: cls
    path: cls.onnx
    shapes: {x: [1, 3, 48, 192]}
    quantization: {cache: cls.calibration.cache${source}}
    validation: {data: validation.npz, max-samples: ${samples}}
    tolerance: {sqnr-db: {fail: ${limitDb}}}
    tensorrt: {optimization-level: 0, tactic-sources: none}
search: ${search}
`,
  );
  const outcome = await main({ inputs: { lane: "implicit", python: machine.python, ...inputs } }, machine.effects);
  const [model] = outcome.report.models;
  if (model === undefined) throw new Error("no model was checked");
  return { outcome, report: outcome.report, model };
}

describeWithPython("the whole gate on engines", () => {
  it("finds a regression, keeps few units, and proves the fix on two fresh builds", async () => {
    const { outcome, report, model } = await check({
      limitDb: 23,
      samples: 8,
      source: ", data: calibration.npz, min-samples: 48",
      search: "{max-builds: 8}",
      fake: { FAKE_TRT_NOISE: "0" },
    });
    expect(report).toMatchObject({ verdict: "regression", exitCode: 1, complete: true });
    expect(report.environment).toMatchObject({ tensorrt: "8.6.1", polygraphy: "0.53.6", gpu: "Fake GPU 80GB" });
    expect(model).toMatchObject({ lane: "implicit", laneWhy: "asked for", reason: "limit-exceeded" });
    expect(model.layers.length).toBe(54);
    expect(model.search?.outcome).toMatch(/^(found|prefix)$/);
    expect(model.search?.builds).toBeLessThanOrEqual(8);
    expect(model.search?.keep.length).toBeLessThanOrEqual(13);
    expect(model.search?.keep.every(({ layers, nodes }) => layers.length > 0 && nodes.length > 0)).toBe(true);
    expect(model.fix?.verified).toMatchObject({ by: "engine", passes: true, builds: 2 });
    expect(model.fix?.latency?.fixedMs).toBeGreaterThan(0);
    expect(model.reproduce.some((line) => line.includes("--trt-network-postprocess-script fix_precision.py"))).toBe(true);
    await publish(publicationOf(outcome), machine.effects);
    expect(await readFile(join(outcome.reportFolder, model.fix?.files[0]?.path ?? ""), "utf8")).toContain("def postprocess(network");
  });

  it("does not call a fix verified whose kept layers ran in INT8 all the same", async () => {
    const { model } = await check({
      limitDb: 24,
      search: "{max-builds: 10}",
      fake: { FAKE_TRT_FAULT: "claim-int8", FAKE_TRT_NOISE: "0" },
    });
    expect(model.verdict).toBe("regression");
    expect(model.search?.keep.length).toBeGreaterThan(0);
    expect(model.fix?.verified).toMatchObject({ passes: false });
  });

  it("is undecided, exit 4, where the worker is killed in a build", async () => {
    const { report, model } = await check({
      limitDb: 23,
      search: "{max-builds: 6}",
      fake: { FAKE_TRT_FAULT: "kill-build" },
      inputs: { search: "off" },
    });
    expect(report.exitCode).toBe(4);
    expect(model).toMatchObject({ verdict: "undecided", reason: "tool-killed", message: expect.stringContaining("SIGKILL") });
  });

  it("is undecided, never a pass, where TensorRT 11 has no implicit lane", async () => {
    const { report, model } = await check({ limitDb: 1, search: "{max-builds: 6}", fake: { FAKE_TRT_VERSION: "11.2.0" } });
    expect(report.exitCode).toBe(4);
    expect(model).toMatchObject({ verdict: "undecided", reason: "lane-unavailable", message: expect.stringContaining("lane: explicit") });
  });

  it("runs the real `polygraphy debug precision` for `bisect` and reads which layers it marked", async () => {
    const { model } = await check({ limitDb: 24, search: "{method: bisect}", fake: { FAKE_TRT_NOISE: "0" } });
    expect(model.search).toMatchObject({ method: "bisect", units: 54 });
    expect(["prefix", "none"]).toContain(model.search?.outcome);
    expect(model.search?.message).toMatch(
      /^(Keeping the first \d+ of \d+ network layers passed|bisect over \d+ network layers found no part)/,
    );
    expect(model.search?.builds).toBeGreaterThan(3);
    expect(model.search?.probes.filter(({ kind }) => kind === "unknown")).toEqual([]);
  });
});

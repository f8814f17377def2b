/** The search on real models in the simulate lane, and the real `polygraphy` for its command line. */
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { compareOne, isBetter, searchCases } from "../../bench/search-cases.ts";
import { openCase } from "../../bench/search-lane.ts";
import { oraclePython } from "../../scripts/python-env.ts";
import { debugPrecisionArgs } from "../../src/debug-precision/command.ts";
import { readDebugPrecision } from "../../src/debug-precision/result.ts";
import { describeWithPython } from "../support/needs.ts";

describe("the search on a real model", () => {
  it.each(searchCases.filter(({ key }) => key !== "rec4"))(
    "keeps fewer units of $key than bisect, and claims no set that the proof samples refuse",
    async (model) => {
      const opened = await openCase(model);
      try {
        for (const limitDb of model.limitsDb.slice(0, 2)) {
          const compared = await compareOne(model, opened, limitDb);
          expect(isBetter(compared), `${model.key} at ${limitDb} dB: ${compared.ranked.message}`).toBe(true);
          if (compared.ranked.kind === "diffuse") continue;
          const asked = await opened.probe(limitDb)(new Set(compared.ranked.keep), "prove");
          expect(asked).toMatchObject({ kind: "measured", passes: compared.ranked.kind !== "not-confirmed" });
        }
      } finally {
        await opened.close();
      }
    },
  );
});

describeWithPython("polygraphy itself", () => {
  it("understands the arguments: it stops at the missing tensorrt, not at a word", () => {
    const shapes = new Map([["x", { min: [1, 3, 48, 192], opt: [1, 3, 48, 192], max: [1, 3, 48, 192] }]]);
    const check = {
      script: "check.sh",
      resultsFile: "r",
      inputs: "i",
      candidate: "c",
      answer: "a",
      gate: process.pid,
    };
    const args = debugPrecisionArgs({
      model: "model.onnx",
      mode: "bisect",
      direction: "reverse",
      precision: "float16",
      cachePath: "m.cache",
      calibrator: "IInt8EntropyCalibrator2",
      shapes,
      builder: ["--builder-optimization-level", "1"],
      timingCache: "timing.cache",
      artifactsFolder: "artifacts",
      check,
    });
    const done = spawnSync(join(dirname(oraclePython()), "polygraphy"), args, { encoding: "utf8" });
    const log = done.stdout + done.stderr;
    expect(log).toContain("'tensorrt' is required");
    expect(done.status).toBe(1);
    const run = {
      log,
      checks: "",
      endedWell: false,
      timedOut: false,
      direction: "reverse",
      mode: "bisect",
      units: [],
      layerNames: [],
      seconds: 1,
      seed: 1,
    } as const;
    expect(readDebugPrecision(run).outcome.kind).toBe("tool-failing");
  });
});

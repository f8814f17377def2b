import { describe, expect, it } from "vitest";
import { measure } from "../../../src/measure/measure.ts";
import type { TensorPair } from "../../../src/model/engine.ts";
import { withHistograms } from "../../../src/report/histograms.ts";
import { suspiciousTensors } from "../../../src/report/suspicious.ts";
import { sampleLayer } from "../../fakes/report.ts";

const worst = ["a", "b", "c", "d", "e"].map((tensor) => ({
  tensor,
  node: tensor,
  opType: "Conv",
  injectedSqnrDb: 20,
  accumulatedSqnrDb: 20,
}));

describe("suspicious layers", () => {
  it("are the worst ones where nothing is kept", () => {
    expect(suspiciousTensors(worst, [])).toEqual(["a", "b", "c", "d"]);
  });

  it("are two of the kept units first, by what they cost at the output, without repeats", () => {
    const keep = ["x", "b", "y"].map((output) => ({ unit: `Conv:${output}`, output }));
    const gains = [
      { unit: "Conv:b", share: 0.2 },
      { unit: "Conv:y", share: 0.5 },
    ];
    expect(suspiciousTensors(worst, keep, gains)).toEqual(["y", "b", "a", "c"]);
  });

  it("leave out kept units whose output is not known", () => {
    expect(suspiciousTensors(worst, [{ unit: "Conv:x" }])).toEqual(["a", "b", "c", "d"]);
  });

  it("of a real report lead to the histogram of what they read", async () => {
    const values = Float32Array.of(-1, 0.5, 3, 0.1);
    const pair = (tensor: string): TensorPair => {
      const side = { name: tensor, dtype: "float32", shape: [4], data: values } as const;
      return { tensor, role: "layer", sample: 0, reference: side, candidate: side };
    };
    async function* pairs() {
      yield pair("in");
      yield pair("out");
    }
    const { measurements } = await measure(pairs(), { seed: 0, topK: 5, atol: 0, rtol: 0, held: new Map([["in", { low: -2, high: 2 }]]) });
    const layers = ["in", "out"].map((tensor, i) => sampleLayer(i, { tensor }));
    const units = [{ id: "Conv:out", nodes: ["n"], opType: "Conv", inputs: ["in"], output: "out", order: 1, block: "b", weightBytes: 0 }];
    const [input, output] = withHistograms(layers, ["out"], measurements, units);
    expect(output).toMatchObject({ reads: "in" });
    expect(output?.histogram).toBeUndefined();
    expect(input?.histogram).toMatchObject({ clip: 2, saturatedShare: 0.25, low: -3, high: 3 });
  });
});

import { describe, expect, it } from "vitest";
import type { Finding } from "../../../src/gate/verdict.ts";
import type { Measurement } from "../../../src/measure/measurement.ts";
import type { Unit } from "../../../src/model/unit.ts";
import {
  coverageReport,
  firstFailing,
  keptUnit,
  measuredOutputs,
  measuredTensor,
  searchReport,
  worstLayers,
} from "../../../src/report/build.ts";
import { reportSchema } from "../../../src/report/schema.ts";
import type { SearchOutcome } from "../../../src/search/outcome.ts";
import { sampleLayer, sampleModel, sampleReport } from "../../fakes/report.ts";
import { entryOf } from "../../fakes/settings.ts";

const measurement = (overrides: Partial<Measurement> = {}): Measurement => ({
  tensor: "softmax_0.tmp_0",
  role: "output",
  samples: 8,
  elements: 16,
  metrics: { sqnrDb: 18.42, cosine: 0.99284, maxRel: Infinity },
  reference: { min: 0, max: 1, mean: 0.5, std: 0.4 },
  candidate: { min: 0, max: 1, mean: 0.5, std: NaN },
  nonFinite: { reference: 0, candidate: 1 },
  perSampleSqnrDb: [],
  ...overrides,
});
const finding = (overrides: Partial<Finding>): Finding => ({
  tensor: "softmax_0.tmp_0",
  level: "pass",
  of: "tensor",
  message: "",
  ...overrides,
});
const unit = (id: string, order: number): Unit => ({
  id,
  nodes: [`node ${id}`, `fused ${id}`],
  opType: "Conv",
  inputs: ["x"],
  output: `out ${id}`,
  order,
  block: "b",
  weightBytes: 4,
});

describe("measuredTensor", () => {
  it("writes numbers that JSON cannot hold as words", () => {
    const entry = measuredTensor(measurement());
    expect(entry.metrics).toEqual({ sqnrDb: 18.42, cosine: 0.99284, maxRel: "Infinity" });
    expect(entry.candidate?.std).toBe("NaN");
  });

  it("is unjudged without a finding, and takes the worst finding's level and decision otherwise", () => {
    expect(measuredTensor(measurement()).level).toBe("unjudged");
    const worst = finding({ level: "fail", metric: "cosine", of: "score", value: 0.99, limit: 0.997, margin: -0.007 });
    const entry = measuredTensor(measurement(), {
      findings: [finding({ level: "warn" }), worst, finding({ level: "waived", waiver: "aux head" })],
    });
    expect(entry.level).toBe("fail");
    expect(entry.decidedBy).toEqual({ metric: "cosine", of: "score", value: 0.99, limit: 0.997, margin: -0.007 });
  });

  it("carries every check with its own level, value and margin, and a fault as no check", () => {
    const findings = [
      finding({ level: "fail", metric: "cosine", value: 0.9964, limit: 0.997, margin: -0.0006, marginDb: -0.79 }),
      finding({ level: "warn", metric: "sqnrDb", value: 22, limit: 20, warnLimit: 25, margin: 2, marginDb: 2 }),
      finding({ level: "undecided", metric: "maxAbs", limit: 1, margin: NaN, marginDb: NaN }),
      finding({ level: "undecided" }),
    ];
    expect(measuredTensor(measurement(), { findings }).checks).toEqual([
      { metric: "cosine", of: "tensor", value: 0.9964, limit: 0.997, margin: -0.0006, marginDb: -0.79, level: "fail" },
      { metric: "sqnrDb", of: "tensor", value: 22, limit: 20, warnLimit: 25, margin: 2, marginDb: 2, level: "warn" },
      { metric: "maxAbs", of: "tensor", limit: 1, margin: "NaN", marginDb: "NaN", level: "undecided" },
    ]);
  });

  it("takes place, node and operator from the unit, and errors from what was measured beside it", () => {
    const entry = measuredTensor(measurement({ score: { metrics: { sqnrDb: 8.9 }, clampedShare: 0.0625, kind: "softmax" } }), {
      unit: unit("u", 7),
      injected: measurement({ metrics: { sqnrDb: 21.2 } }),
      limits: { sqnrDb: { fail: 20 } },
    });
    expect(entry).toMatchObject({
      order: 7,
      node: "node u",
      opType: "Conv",
      unit: "u",
      injected: { sqnrDb: 21.2 },
      scoreMetrics: { sqnrDb: 8.9 },
      scoreKind: "softmax",
      clampedShare: 0.0625,
      limits: { sqnrDb: { fail: 20 } },
    });
  });

  it("shows each of several outputs with the limits that judged it, those of its pattern included", () => {
    const { tolerance } = entryOf("tolerance: {sqnr-db: {fail: 20}, tensors: {boxes: {max-abs: {fail: 2}}}}");
    const [scores, boxes, ids] = measuredOutputs(
      [measurement({ tensor: "scores" }), measurement({ tensor: "boxes" }), measurement({ tensor: "ids", kind: "index" })],
      [],
      tolerance,
    );
    expect([scores?.limits, boxes?.limits, ids?.limits]).toEqual([
      { sqnrDb: { fail: 20 } },
      { maxAbs: { fail: 2 } },
      { agreement: { fail: 0.99 } },
    ]);
  });

  it("fits the schema after JSON in every form", () => {
    const outputs = [
      measuredTensor(measurement()),
      measuredTensor(
        measurement({
          fault: "nonfinite-candidate",
          spread: { sqnrDbSd: 1, cosineSd: 0, worstShare: 1, worst3Share: 1 },
          perClass: [{ label: "0", samples: 4, metrics: { sqnrDb: NaN } }],
        }),
        { findings: [finding({ level: "undecided" })], unit: unit("u", 1) },
      ),
    ];
    expect(reportSchema.safeParse(JSON.parse(JSON.stringify(sampleReport({ models: [sampleModel({ outputs })] })))).error).toBeUndefined();
  });
});

describe("worstLayers", () => {
  it("ranks by injected error, NaN first, those never measured alone last", () => {
    const layers = [
      sampleLayer(0, { tensor: "fine", injected: { sqnrDb: 40 } }),
      sampleLayer(1, { tensor: "alone", injected: undefined }),
      sampleLayer(2, { tensor: "broken", injected: { sqnrDb: "NaN" } }),
      sampleLayer(3, { tensor: "bad", injected: { sqnrDb: -3 } }),
      sampleLayer(4, { tensor: "exact", injected: { sqnrDb: "Infinity" } }),
    ];
    expect(worstLayers(layers).map((layer) => layer.tensor)).toEqual(["broken", "bad", "fine", "exact", "alone"]);
  });

  it("gives at most as many as asked, and none that has no figure", () => {
    expect(worstLayers([sampleLayer(0), sampleLayer(1)], 1)).toHaveLength(1);
    expect(worstLayers([sampleLayer(0, { metrics: {}, injected: undefined })])).toEqual([]);
  });
});

describe("firstFailing", () => {
  const layers = [
    sampleLayer(9, { tensor: "late", metrics: { sqnrDb: 3 } }),
    sampleLayer(2, { tensor: "early", metrics: { sqnrDb: 19 } }),
    sampleLayer(1, { tensor: "good", metrics: { sqnrDb: 30 } }),
  ];

  it("is the first in topological order beyond the outputs' limits, not the first in the list", () => {
    expect(firstFailing(layers, { sqnrDb: { fail: 20 } })).toBe("early");
  });
  it("is nothing where every layer holds or no limit is set", () => {
    expect(firstFailing(layers, { sqnrDb: { fail: 2 } })).toBeNull();
    expect(firstFailing(layers, {})).toBeNull();
  });
  it("counts NaN as beyond, and a layer judged by its own limits by its level", () => {
    expect(firstFailing([sampleLayer(0, { tensor: "nan", metrics: { sqnrDb: "NaN" } })], { sqnrDb: { fail: 20 } })).toBe("nan");
    expect(
      firstFailing(
        [sampleLayer(0, { tensor: "passes", level: "pass", metrics: { sqnrDb: 1 } }), sampleLayer(1, { tensor: "fails", level: "fail" })],
        { sqnrDb: { fail: 20 } },
      ),
    ).toBe("fails");
  });
});

describe("searchReport", () => {
  const outcome: SearchOutcome = {
    kind: "found",
    method: "ranked",
    message: "m",
    units: [unit("a", 0), unit("b", 1)],
    rankings: [
      {
        name: "leave-one-in",
        order: ["b", "a"],
        alone: new Map([
          ["b", { sqnrDb: 20, marginDb: 0 }],
          ["a", { sqnrDb: 30, marginDb: 10 }],
        ]),
        probes: 2,
        seconds: 1,
      },
    ],
    probes: [
      {
        n: 1,
        phase: "premise",
        samples: "choose",
        keep: [],
        result: { kind: "measured", passes: false, marginDb: -Infinity, lowDb: -Infinity, sqnrDb: NaN, sdDb: 0, seconds: 1 },
      },
      {
        n: 2,
        phase: "prefix",
        ranking: "leave-one-in",
        samples: "prove",
        keep: ["b"],
        result: { kind: "unknown", why: "killed", seconds: 2 },
      },
    ],
    prefix: [
      { ranking: "leave-one-in", length: 1 },
      { ranking: "history", length: undefined },
    ],
    keep: ["b", "gone"],
    oneMinimal: true,
    proof: {
      state: "likely",
      samples: 24,
      result: { kind: "measured", passes: true, marginDb: 2, lowDb: -1, sqnrDb: 22, sdDb: 2, seconds: 1 },
      neededSamples: 108,
      message: "Likely.",
    },
    curve: {
      order: ["b", "a"],
      points: [
        { kept: 0, by: "measured", sqnrDb: 19, lowDb: 18, highDb: Infinity, marginDb: -1, marginLowDb: -3, nearest: "SQNR of the part" },
      ],
    },
    samples: { all: 48, rank: 16, choose: 24, prove: 24, apart: true },
    advice: [],
    builds: 2,
    seconds: 3,
    seed: 1,
  };

  it("names the kept units with their nodes, and keeps an id it does not know", () => {
    expect(searchReport(outcome, "float16").keep).toEqual([
      { unit: "b", nodes: ["node b", "fused b"], layers: [], opType: "Conv", inputs: ["x"], output: "out b" },
      { unit: "gone", nodes: [], layers: [] },
    ]);
  });
  it("keeps a failed tool apart from a failed probe, and fits the schema", () => {
    const search = searchReport(outcome, "float16");
    expect(search.probes.map(({ kind, passes, margin, why }) => ({ kind, passes, margin, why }))).toEqual([
      { kind: "measured", passes: false, margin: "-Infinity", why: undefined },
      { kind: "unknown", passes: undefined, margin: undefined, why: "killed" },
    ]);
    expect(search.prefix).toEqual([
      { ranking: "leave-one-in", length: 1 },
      { ranking: "history", length: null },
    ]);
    expect(reportSchema.safeParse(JSON.parse(JSON.stringify(sampleReport({ models: [sampleModel({ search })] })))).error).toBeUndefined();
  });
  it("carries the proof, the curve, the samples and what each unit costs at the output", () => {
    const search = searchReport(outcome, "float16");
    expect(search.heldOut).toEqual({ passes: true, sqnrDb: 22, margin: 2 });
    expect(search.proof).toMatchObject({ state: "likely", samples: 24, sqnrDb: 22, margin: 2, low: -1, neededSamples: 108 });
    expect(search.curve?.points).toEqual([
      { kept: 0, by: "measured", sqnrDb: 19, low: 18, high: "Infinity", margin: -1, marginLow: -3, nearest: "SQNR of the part" },
    ]);
    expect(search.samples).toEqual({ all: 48, rank: 16, choose: 24, prove: 24, apart: true });
    // 20 dB is ten times the energy of 30 dB.
    expect(search.gains).toEqual([
      { unit: "b", sqnrDb: 20, share: expect.closeTo(10 / 11, 9) },
      { unit: "a", sqnrDb: 30, share: expect.closeTo(1 / 11, 9) },
    ]);
  });
});

describe("keptUnit and coverageReport", () => {
  it("lists each engine layer once", () => {
    expect(keptUnit(unit("a", 0), () => ["one fused layer"]).layers).toEqual(["one fused layer"]);
  });
  it("joins what was compared with what was quantised", () => {
    const coverage = coverageReport(
      { referenceTensors: 2, candidateTensors: 1, compared: 1, onlyReference: ["aux"], onlyCandidate: [] },
      { quantizedUnits: 1, totalUnits: 2, missingScales: ["t"], variant: "core", droppedMarks: [] },
    );
    expect(coverage).toMatchObject({ compared: 1, onlyReference: ["aux"], missingScales: ["t"], totalUnits: 2 });
  });
});

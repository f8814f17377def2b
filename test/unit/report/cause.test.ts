import { describe, expect, it } from "vitest";
import { mendingStep, reasons } from "../../../src/gate/reasons.ts";
import { renderComment } from "../../../src/report/comment.ts";
import { fittingMessage, fittingStep } from "../../../src/report/fitting-message.ts";
import { renderHtml } from "../../../src/report/html/page.ts";
import type { ModelReport } from "../../../src/report/schema.ts";
import { causeOf } from "../../../src/report/sections/cause.ts";
import { curveOffer, tellingPoints } from "../../../src/report/sections/curve.ts";
import { renderTerminal } from "../../../src/report/terminal.ts";
import {
  passingModel,
  sampleFix,
  sampleLayer,
  sampleModel,
  sampleReport,
  sampleSearch,
  sampleTensor,
  sampleUnit,
} from "../../fakes/report.ts";

const plain = (name: string) => name;
const tellOf = (model: ModelReport) => {
  const cause = causeOf(model, plain);
  return cause === undefined ? "" : [cause.lead, cause.gain ?? "", ...cause.more].join(" ");
};
const searched = (more: Parameters<typeof sampleSearch>[0], model: Partial<ModelReport> = {}) =>
  sampleModel({ search: sampleSearch(more), ...model });
const proof = (state: "proved" | "likely" | "missed") => ({ state, samples: 24, sqnrDb: 31.5, margin: 9.9, low: 5.3, message: "" });

it.each([
  ["proved", "p2o.Conv.7 loses the accuracy in INT8 (1 of 54 units). Kept in float32: 31.5 dB"],
  ["likely", "p2o.Conv.7 likely loses the accuracy in INT8 (1 of 54 units)."],
  ["missed", "Not settled: the search suspects p2o.Conv.7 (1 of 54 units), which is not proved to be enough."],
] as const)("claims no more than the proof does: %s", (state, words) => {
  expect(tellOf(searched({ keep: [sampleUnit(7)], proof: proof(state) }))).toContain(words);
});

it("puts first what costs most at the output, in whatever order the units were found", () => {
  const keep = [sampleUnit(2), sampleUnit(7)];
  expect(tellOf(searched({ keep, proof: proof("proved") }))).toMatch(/^p2o\.Conv\.7 and p2o\.Conv\.2 lose the accuracy/);
});

it("accuses no layer where nothing was searched, and says how to search", () => {
  const words = tellOf(sampleModel({ search: null, fix: null }));
  expect(words).toMatch(/^Not searched for: /);
  expect(words).toContain("--search on-regression");
  expect(words).not.toContain("p2o.");
});

it.each([
  ["diffuse", "No small set of units was found"],
  ["premise-fails", "No unit"],
  ["budget", "Not found"],
] as const)("names nobody where the search found no units: %s", (outcome, words) => {
  expect(tellOf(searched({ keep: [], outcome, heldOut: null, proof: undefined }))).toMatch(new RegExp(`^${words}`));
});

it("says nothing of a model that passes, and of one that no search could mend", () => {
  expect(tellOf(passingModel())).toBe("");
  expect(tellOf(sampleModel({ search: null, fix: null, reason: "latency" }))).toBe("");
});

it("names the scale that this change moved and the share of values that it cuts off", () => {
  const clip = { low: -1, high: 1, reference: [1], candidate: [1], clip: 0.5, saturatedShare: 0.153 };
  const layers = [sampleLayer(6, { histogram: clip }), sampleLayer(7, { reads: sampleLayer(6).tensor })];
  const baseline = {
    commit: "2b4c6d8",
    verdict: "pass" as const,
    outputs: [],
    message: "",
    scales: [{ tensor: sampleLayer(6).tensor, ratio: 0.125 }],
  };
  const words = tellOf(searched({ keep: [sampleUnit(7)], proof: proof("proved") }, { layers, baseline }));
  expect(
    words.indexOf(
      `The scale of ${sampleLayer(6).tensor} is 0.125 times what it was before this change (put it back if that was not meant). p2o.Conv.7, which reads it, loses the accuracy in INT8 (1 of 54 units).`,
    ),
  ).toBe(0);
  expect(words).toContain(`p2o.Conv.7 reads ${sampleLayer(6).tensor}: 15 % of its values lie beyond what its scale holds.`);
  expect(words.match(/0\.125/g)).toHaveLength(1);
});

it("leads terminal, comment and page, before any layer that only adds most error itself", () => {
  const report = sampleReport({ models: [searched({ keep: [sampleUnit(2)], proof: proof("proved") })] });
  const comment = renderComment(report, { jobKey: "k", fixScripts: [] });
  for (const text of [
    renderTerminal(report, { ansi: false, folder: "out" }),
    comment,
    renderHtml(report).replace(/<head>.*<\/head>/s, ""),
  ]) {
    const at = text.search(/p2o\.Conv\.2 loses the accuracy/);
    expect(at).toBeGreaterThan(0);
    expect(text.slice(0, at)).not.toContain("p2o.Conv.7");
  }
});

it("says of one kept unit and of several what they cannot do without", () => {
  const page = (count: number) => {
    const keep = Array.from({ length: count }, (_, i) => sampleUnit(i));
    return renderHtml(sampleReport({ models: [searched({ keep, oneMinimal: true, proof: proof("proved") })] }));
  };
  expect(page(1)).toContain("(without it the limits are not safely met)");
  expect(page(2)).toContain("(without any one of them the limits are not safely met)");
});

it("blames nobody where most units have to be kept", () => {
  const keep = Array.from({ length: 30 }, (_, i) => sampleUnit(i));
  expect(tellOf(searched({ keep, proof: proof("proved") }))).toMatch(
    /^No short list of units: 30 of 54 have to be kept, first p2o\.Conv\.7/,
  );
});

it("puts moved scales back before keeping anything: in terminal, comment and message", () => {
  const command = "git checkout 2b4c6d8e0f1a -- cls.cache";
  const advice = [
    ...sampleModel().advice,
    { rule: "moved-scales", text: `Put the cache back: ${command}.`, evidence: { command, ratio: 0.125 } },
  ];
  const report = sampleReport({ models: [sampleModel({ advice })] });
  const terminal = renderTerminal(report, { ansi: false, folder: "out" });
  expect(terminal).toContain(
    `\nNext: ${command} && git commit -m 'Put the former calibration cache back'\nOr, where the new scales are meant: `,
  );
  const comment = renderComment(report, { jobKey: "k", fixScripts: [] });
  expect(comment).toMatch(/\n1\. Put the cache back: git checkout 2b4c6d8e0f1a .*\n2\. Build with /);
  expect(fittingMessage({ ...sampleModel({ advice }), message: `Bad. ${mendingStep}` })).toMatch(
    /^Bad\. Put the former calibration cache back \(git checkout 2b4c6d8e0f1a -- cls\.cache\) where the moved scales were not meant\. Else: /,
  );
});

it("names a moved scale first where no unit can be named, as inside a body", () => {
  const advice = [{ rule: "moved-scales", text: "Put it back.", evidence: { command: "git checkout b -- c", tensor: "h", ratio: 0.125 } }];
  const model = searched({ keep: [], outcome: "premise-fails", heldOut: null, proof: undefined }, { advice });
  expect(tellOf(model)).toMatch(/^The scale of h is 0\.125 times what it was before this change .*\. {1,2}No unit: the limit is missed/);
  expect(tellOf({ ...model, advice: [] })).toMatch(/^No unit/);
});

it("sends nobody to a calibration that the search tried", () => {
  const told = (...advice: ModelReport["advice"]) =>
    fittingMessage({
      ...sampleModel({ search: null, fix: null, advice }),
      message: "Bad. Take the fix where the search found one, or calibrate anew.",
    });
  const better = (scheme: string, passes: string) => ({
    rule: "scheme",
    text: "",
    evidence: { scheme, beforeDb: 12, afterDb: 19, passes },
  });
  const none = { rule: "scheme-without-gain", text: "", evidence: { beforeDb: 12, "minmax calibration": 9, "per-channel weights": 11 } };
  const start = "Bad. Search for the units to keep in higher precision, or ";
  expect(told()).toBe(`${start}calibrate anew.`);
  expect(told(none)).toBe(`${start}calibrate with other samples (minmax of these was tried, and does not pass).`);
  expect(told(better("percentile calibration", "no"), none)).toBe(
    `${start}calibrate with other samples (percentile and minmax of these were tried, and neither passes).`,
  );
  expect(told(better("percentile calibration", "no"), better("entropy calibration", "yes"), none)).toBe(
    `${start}quantise with entropy calibration, which was tried and passes.`,
  );
  expect(told(better("per-channel weights", "yes"))).toBe(`${start}calibrate anew.`);
});

it("says of a pass by units kept in a Q/DQ model which file ships", () => {
  const model: ModelReport = {
    ...passingModel(),
    message: "Within. Nothing to do.",
    path: "net.onnx",
    kept: { file: "net.keep.json", precision: "float16", units: [sampleUnit(7)] },
    quantization: { source: "the model's own Q/DQ", algorithm: "Q/DQ", samples: null, cacheHeader: null, stale: null },
    fix: { files: [{ format: "qdq", path: "fix/n/fixed.qdq.onnx", command: "", leftOut: [] }], verified: null, latency: null },
  };
  const message = fittingMessage(model);
  expect(message).toBe(
    "Within. This passes because of the units kept in net.keep.json, which net.onnx itself still quantises: ship fix/n/fixed.qdq.onnx of the report, or commit it in place of net.onnx and take the line keep out.",
  );
  const terminal = renderTerminal(sampleReport({ verdict: "pass", models: [model] }), { ansi: false, folder: "out" });
  expect(terminal.replaceAll(/\s+/g, " ")).toContain("ship fix/n/fixed.qdq.onnx of the report");
});

it("tells once of a damaged scale that several kept units read", () => {
  const tensor = sampleLayer(6).tensor;
  const keep = [7, 8, 9].map((i) => ({ ...sampleUnit(i), inputs: [tensor] }));
  const baseline = { commit: "2b4c6d8", verdict: "pass" as const, outputs: [], message: "", scales: [{ tensor, ratio: 0.125 }] };
  const words = tellOf(searched({ keep, proof: proof("proved"), gains: [] }, { baseline }));
  expect(words.indexOf(`The scale of ${tensor} is 0.125 times`)).toBe(0);
  expect(words).toContain(". p2o.Conv.7, p2o.Conv.8 and p2o.Conv.9, which read it, lose the accuracy in INT8 (3 of 54 units).");
  expect(words.match(/0\.125/g)).toHaveLength(1);
});

it("leads with no scale that moved as another calibration moves it, and with none that only some of the units read as if all did", () => {
  const tensor = sampleLayer(6).tensor;
  const [reader, other] = [{ ...sampleUnit(7), inputs: [tensor] }, sampleUnit(8)];
  const told = (ratio: number, keep: readonly ReturnType<typeof sampleUnit>[]) => {
    const baseline = { commit: "2b4c6d8", verdict: "pass" as const, outputs: [], message: "", scales: [{ tensor, ratio }] };
    return tellOf(searched({ keep: [...keep], proof: proof("proved"), gains: [] }, { baseline }));
  };
  expect(told(0.9, [reader])).toMatch(/^p2o\.Conv\.7 loses the accuracy in INT8 \(1 of 54 units\)\..* its scale is 0\.9 times/);
  expect(told(8, [other, reader])).toContain("(put it back if that was not meant). p2o.Conv.8 and p2o.Conv.7 lose the accuracy");
});

it("offers one other point of the curve as a line to run: cheaper than a proved set, safer than another, the first that passes where none is chosen", () => {
  const margins = [-9, -1, 0.4, 2, 5, 6];
  const points = margins.map((margin, kept) => ({
    kept,
    by: "measured" as const,
    sqnrDb: 1,
    low: 1,
    high: 1,
    margin,
    marginLow: margin - 3,
  }));
  const offered = (more: Parameters<typeof sampleSearch>[0]) =>
    curveOffer(searched({ units: 54, curve: { order: [], points }, ...more })) ?? { words: "none", command: "" };
  const keep = (count: number) => Array.from({ length: count }, (_, i) => sampleUnit(i));
  expect(offered({ keep: keep(3), proof: proof("proved") })).toEqual({
    words: "Cheaper: keeping 2 units leaves 0.4 dB of error to spare (measured on the 16 samples that chose, not proved)",
    command: "trt-gate fix report.json --model text-direction --keep 2",
  });
  expect(offered({ keep: keep(3), proof: proof("likely") }).words).toBe(
    "Safer: keeping 4 units leaves 5.0 dB of error to spare, nine times of ten at least 2.0 dB (measured on the 16 samples that chose, not proved)",
  );
  expect(offered({ keep: [], proof: undefined }).words).toMatch(/^Within the limits: keeping 2 units leaves 0\.4 dB/);
  expect(offered({ keep: keep(2), proof: proof("proved") }).words).toBe("none");
  expect(offered({ keep: [], units: 2, proof: undefined }).words).toBe("none");
});

it("shows the other point in terminal, comment and page, with the report where it lies", () => {
  const points = [1, 2, 3].map((kept) => ({ kept, by: "measured" as const, sqnrDb: 1, low: 1, high: 1, margin: 1, marginLow: 0 }));
  const search = { keep: [sampleUnit(2), sampleUnit(7)], proof: proof("proved"), curve: { order: [], points } };
  const report = sampleReport({ models: [searched(search)] });
  const typed = { command: "node dist/cli.js", report: "out/report.json" };
  const command = "node dist/cli.js fix out/report.json --model text-direction --keep 1";
  const terminal = renderTerminal(report, { ansi: false, folder: "out", command: typed.command });
  expect(terminal).toContain(
    `  Cheaper: keeping 1 unit leaves 1.0 dB of error to spare (measured on the 16\n  samples that chose, not proved):\n    ${command}\n`,
  );
  expect(renderTerminal(report, { ansi: false, folder: "out", isWritten: false })).not.toContain("--keep 1");
  expect(renderHtml(report, typed)).toContain(`<code>${command}</code>`);
  expect(renderComment(report, { jobKey: "k", fixScripts: [] })).toContain("`trt-gate fix report.json --model text-direction --keep 1`");
});

it("shows of a curve the first few units beside points of all of it", () => {
  const points = Array.from({ length: 54 }, (_, kept) => ({ kept, by: "measured" as const, sqnrDb: 1, low: 1, high: 1, margin: -1 }));
  const shown = tellingPoints(sampleSearch({ keep: [], curve: { order: [], points } }), 8).map(({ kept }) => kept);
  expect(shown.slice(0, 4)).toEqual([0, 1, 2, 3]);
  expect(shown.at(-1)).toBe(53);
  expect(shown).toHaveLength(8);
});

it("tells of a pass by kept units no reader that there is nothing to do, while the scale is still moved", () => {
  const advice = [
    { rule: "moved-scales", text: "The scale is still 0.125 times the base's.", evidence: { command: "git checkout a -- b" } },
  ];
  const kept = { file: "a.keep.json", precision: "float16" as const, units: [] };
  const told = (more: object) => fittingMessage({ ...passingModel(), message: "All is within limits. Nothing to do.", ...more });
  expect(told({ advice, kept })).toBe("All is within limits. The scale is still 0.125 times the base's.");
  expect(told({ advice: [] })).toBe("All is within limits. Nothing to do.");
});

const allFour = searched({ keep: [0, 1, 2, 3].map((i) => sampleUnit(i)), units: 4, proof: proof("proved") }, { fix: null });

it("offers no fix where all units would have to be kept, in any rendering", () => {
  expect(tellOf(allFour).trim()).toBe(
    "The limits are met only with all 4 units in higher precision: that is the model without INT8, and no fix.",
  );
  const report = sampleReport({ models: [allFour] });
  for (const text of [
    renderTerminal(report, { ansi: false, folder: "out" }),
    renderComment(report, { jobKey: "k", fixScripts: [] }),
    renderHtml(report).replace(/<head>.*<\/head>/s, ""),
  ]) {
    expect(text).toContain("all 4 units");
    expect(text).not.toMatch(/Keep(ing)? 4 of 4|Kept by the fix|keeps 4 of 4|--format keep/);
  }
});

it("leads with the samples where they lie far beyond what the input was calibrated for, and then names the units", () => {
  const text = 'Check how the samples are prepared: 99 % of the values of the input "x" lie beyond its calibrated range.';
  const advice = [{ rule: "input-range", text, evidence: { share: 0.99 } }];
  const model = searched({ keep: [sampleUnit(7)], proof: proof("proved") }, { advice });
  expect(causeOf(model, plain)).toMatchObject({
    lead: text,
    more: [expect.stringContaining("p2o.Conv.7 loses the accuracy"), expect.stringContaining("Kept in float32")],
  });
  const report = sampleReport({ models: [model] });
  const terminal = renderTerminal(report, { ansi: false, folder: "out" });
  expect(terminal).toMatch(/\nNext: Check how the samples are prepared/);
  expect(terminal).toContain("\nOr, where the samples are right: ");
  expect(renderComment(report, { jobKey: "k", fixScripts: [] })).toMatch(/\n1\. Check how the samples are prepared/);
  expect(tellOf({ ...allFour, advice })).toMatch(/^Check how the samples are prepared.* all 4 units/);
  expect(fittingMessage({ ...model, message: `Bad. ${mendingStep}` })).toMatch(
    /^Bad\. Check first how the samples are prepared\. Else: take the fix/,
  );
});

describe("a verdict on random numbers alone", () => {
  const weak = ["all samples are made-up random numbers"];
  const validation = { ...sampleReport({}).models[0]?.validation, source: "16 random samples", samples: 16, weak };

  it("says so first of a regression, asks for real samples, and comes to the fix after them", () => {
    const text = "Give real validation samples before anything is changed: this was measured on 16 random inputs.";
    const advice = [{ rule: "made-up-samples", text, evidence: { samples: 16 } }];
    const model = searched({ keep: [sampleUnit(7)], proof: proof("proved") }, { advice, validation });
    const report = sampleReport({ models: [model] });
    const terminal = renderTerminal(report, { ansi: false, folder: "out" });
    expect(terminal).toMatch(/^Do not merge: measured on 16 random inputs alone, INT8 lost accuracy in/m);
    expect(terminal).toMatch(/\nNext: Give real validation samples/);
    expect(terminal).toContain("\nOr, where random inputs will do: ");
    const comment = renderComment(report, { jobKey: "k", fixScripts: [] });
    expect(comment).toContain("Do not merge: measured on 16 random inputs alone, INT8 lost accuracy in");
    expect(comment).toMatch(/\n1\. Give real validation samples/);
    expect(fittingMessage({ ...model, message: `Bad. ${mendingStep}` })).toMatch(/^Bad\. Give real samples first\. Else: take the fix/);
  });

  it("says so first of a pass; a single real sample takes it back", () => {
    const caveats = [{ reason: "weak-evidence", message: "All samples are made-up random numbers." }];
    const headlineOf = (given: typeof validation) =>
      renderTerminal(sampleReport({ verdict: "pass", models: [passingModel({ caveats, validation: given })] }), {
        ansi: false,
        folder: "out",
      });
    expect(headlineOf(validation)).toContain("Within limits on 16 random inputs alone, but not proven safe: ");
    expect(headlineOf({ ...validation, weak: ["15 of 16 samples are made-up random numbers"] })).toContain(
      "Within limits, but not proven safe: ",
    );
  });
});

describe("the step of a regression", () => {
  const none = { keep: [], outcome: "premise-fails" as const, heldOut: null, proof: undefined };
  const states = {
    "no search": searched({}, { search: null, fix: null }),
    "no set found": searched(none, { fix: null }),
    "a proved fix": searched({ keep: [sampleUnit(7)] }),
    "an unproved set": searched({ keep: [sampleUnit(7)] }, { fix: null }),
  };
  const regressions = Object.entries(reasons).filter(([, { kind }]) => kind === "regression");
  /** What no unit in higher precision mends, or no search works on. */
  const others = ["latency", "task-drop", "layer-limit-exceeded"];

  it.each(regressions)("fits what the search found: %s", (reason) => {
    const told = (state: keyof typeof states) => fittingStep({ ...states[state], reason, advice: [] });
    for (const state of ["no search", "no set found"] as const) expect(told(state)).not.toMatch(/\bfix\b/);
    const saysFix = [/Take the fix that keeps one unit/.test(told("a proved fix")), /is not proved/.test(told("an unproved set"))];
    expect(saysFix).toEqual(others.includes(reason) ? [false, false] : [true, true]);
  });

  it("calls nothing a search's business that lies outside the outputs", () => {
    for (const reason of ["task-drop", "layer-limit-exceeded"]) {
      const unsearched = searched({ ...none, outcome: "nothing-needed" }, { reason, fix: null });
      expect(tellOf(unsearched)).toMatch(
        /^(The task's own figure fell|A layer misses the limit of its pattern); the outputs meet .* no unit was searched for\.\s*$/,
      );
      expect(tellOf({ ...unsearched, search: null })).toBe(tellOf(unsearched));
      const terminal = renderTerminal(sampleReport({ models: [{ ...unsearched, search: null, advice: [] }] }), {
        ansi: false,
        folder: "out",
      });
      expect(terminal).not.toContain("--search on-regression");
    }
  });
});

it("says of errors at the output that they are of the whole where a part of it decides", () => {
  const row = { of: "tensor" as const, metric: "sqnrDb", value: 10, limit: 20, margin: -10, marginDb: -10, level: "fail" as const };
  const told = (part: string | undefined) => {
    const model = sampleModel({ outputs: [sampleTensor({ tensor: "y", checks: [{ ...row, part, where: part && "[:, 4:8]" }] })] });
    const report = sampleReport({ models: [{ ...model, search: sampleSearch({ gains: [{ unit: "u", sqnrDb: 30, share: 1 }] }) }] });
    return [renderTerminal(report, { ansi: false, folder: "out" }), renderComment(report, { jobKey: "k", fixScripts: [] })].map((text) =>
      text.replaceAll(/\s+/g, " "),
    );
  };
  const [terminal, comment] = told("scores");
  expect(terminal).toContain("all others in float; of the whole output, while its part scores decides.");
  expect(comment).toContain("; of the whole output, while its part `scores` decides.");
  expect(told(undefined).join()).not.toContain("of the whole output");
});

describe("a fix that misses its limit, on a set where one sample has another best class", () => {
  const output = (samples: number) => sampleTensor({ samples, metrics: { sqnrDb: 18.42, top1Agreement: (samples - 1) / samples } });
  const missed = { ...proof("missed"), samples: 48, margin: -6.4, low: -21.6, nearest: 'agreement 97.92 % of "label", limit 99 %' };
  const verified = { by: "simulated" as const, passes: false, builds: 1, message: "", outputs: [output(48)] };
  const model = searched(
    { keep: [sampleUnit(7)], proof: missed },
    { fix: { ...sampleFix(), verified }, outputs: [output(96)], harm: [], task: null },
  );

  it("says by how much, and counts samples where shares of sets of two sizes would be compared", () => {
    const text = renderTerminal(sampleReport({ models: [model] }), { ansi: false, folder: "out" }).replaceAll(/\n */g, " ");
    expect(text).toContain("(misses its limit by 6.4 dB of error, at worst 21.6 dB), limit missed on 48 samples");
    expect(text).toContain("Another top-1 in 1 of 96, with the fix in 1 of 48.");
  });

  it("calls its units tried on the page, not kept", () => {
    const page = (of: ModelReport) => renderHtml(sampleReport({ models: [of] }));
    expect(page(model)).toContain("<dt>Tried</dt>");
    expect(page(searched({}))).toContain("<dt>Kept by the fix</dt>");
  });
});

describe("a regression whose limit lies inside its figure's interval, with no fix proved", () => {
  const settled = (settledBy?: number) => {
    const [check, ...others] = sampleTensor().checks ?? [];
    if (check === undefined) throw new Error("no check");
    const interval = { low: 17, high: 22, holdsLimit: true, ...(settledBy === undefined ? {} : { settledBy }) };
    const advice = [{ rule: "not-converging", text: "Loosen the limits.", evidence: {} }];
    const outputs = [sampleTensor({ samples: 96, checks: [{ ...check, interval }, ...others] })];
    return searched({ keep: [sampleUnit(7)], outcome: "not-confirmed" }, { fix: null, advice, outputs, message: `Beyond. ${mendingStep}` });
  };

  it.each([
    ["the samples that settle it, and the setting", 288, 96, "Set `max-samples: 288` (it is 96), and give 288 validation samples or more."],
    ["the samples that settle it", 288, undefined, "Give 288 validation samples or more."],
    ["another limit, where no number is known", undefined, 96, "Set a limit that these samples can tell."],
  ])("names one step, in the message and as the next one: %s", (_, needed, cap, step) => {
    const model = settled(needed);
    const message = fittingMessage(model, cap);
    expect(message).toBe(`Beyond. ${step}`);
    const text = renderTerminal(sampleReport({ models: [{ ...model, message }] }), { ansi: false, folder: "out" }).replaceAll(/\n */g, " ");
    expect(text).toContain(`Next: text-direction: ${step.replaceAll("`", "")} Report:`);
  });

  it("takes a proved fix before more samples", () => {
    expect(fittingMessage({ ...settled(288), fix: sampleFix() }, 96)).toBe("Beyond. Take the fix that keeps one unit, or calibrate anew.");
  });
});

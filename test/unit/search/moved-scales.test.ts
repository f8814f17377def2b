/** What is advised where scales moved against the base commit. */
import { expect, it } from "vitest";
import type { KeptFacts, MovedFacts } from "../../../src/search/advice/facts.ts";
import { type AdviceFacts, advise } from "../../../src/search/advice/index.ts";

const base: MovedFacts = {
  cache: "calibration/my cache",
  commit: "2b4c6d8e0f1a2b3c4d5e6f708192a3b4c5d6e7f8",
  basePassed: true,
  inputs: ["x"],
  scales: [{ tensor: "t", ratio: 0.125 }],
};
const kept: KeptFacts = {
  file: "m.keep.json",
  atBase: "none",
  remove: "git rm m.keep.json",
  without: 'take "keep: m.keep.json" out of gate.yml:7',
};
const told = (moved: Partial<MovedFacts>, more: AdviceFacts = {}) => advise({ moved: { ...base, ...moved }, ...more })[0];

it("puts one moved scale back with a command that a shell takes as it stands", () => {
  expect(told({})).toMatchObject({ rule: "moved-scales", evidence: { command: "git checkout 2b4c6d8e0f1a -- 'calibration/my cache'" } });
  expect(told({ basePassed: undefined })?.text).not.toContain("passed");
  expect(told({})?.text).toMatch(/^The scale of "t" is 0\.125 times what it was at 2b4c6d8, where the model passed\./);
});

it("puts a Q/DQ model back where its nodes hold the scale", () => {
  expect(told({ cache: "q.onnx", what: "Q/DQ model" })?.text).toContain(
    "put the former Q/DQ model back first: git checkout 2b4c6d8e0f1a -- q.onnx",
  );
});

it("sends to the calibration data first where many moved and the input's among them", () => {
  const scales = ["a", "b", "x", "c"].map((tensor) => ({ tensor, ratio: 255 }));
  expect(told({ scales })?.text).toContain(
    'the input\'s among them ("x": 255 times). Check the calibration data and its preprocessing first',
  );
  expect(told({ scales: scales.map(({ tensor }) => ({ tensor: `${tensor}2`, ratio: 3 })) })?.text).not.toContain("preprocessing");
});

it("is silent where a calibration anew moved them a little, where the base failed too, and for a plain pass", () => {
  expect(told({ scales: [{ tensor: "t", ratio: 1.3 }] })).toBeUndefined();
  expect(told({ basePassed: false })).toBeUndefined();
  expect(told({}, { accurate: true })).toBeUndefined();
});

it("says of a pass by kept units that the scale is still far from the base's", () => {
  expect(told({}, { accurate: true, keptHere: kept })?.text).toMatch(
    /^This passes because of the units kept in m\.keep\.json: the scale of "t" is still 0\.125 times the base's\./,
  );
});

it("says how what keeps the units is undone, by what the base has of it", () => {
  const undone = (more: Partial<KeptFacts>) =>
    told({}, { accurate: true, keptHere: { ...kept, ...more } })?.text.replace(/^.* put the former cache back/, "");
  const back = "git checkout 2b4c6d8e0f1a -- 'calibration/my cache'";
  expect(undone({})).toBe(` and keep nothing: ${back} && git rm m.keep.json, and take "keep: m.keep.json" out of gate.yml:7.`);
  expect(undone({ remove: undefined, without: "leave --keep out" })).toBe(` and keep nothing: ${back}, and leave --keep out.`);
  expect(undone({ atBase: "changed", file: "my.keep" })).toBe(` and the former list of units with it: ${back} my.keep.`);
  expect(undone({ atBase: "same" })).toBe(`: ${back}.`);
});

it("asks for no more samples where the scale moved instead", () => {
  const ranges = [{ tensor: "t", calibratedAmax: 1, seenAmax: 8, ratio: 8 }];
  const calibration = { algorithm: "entropy", minSamples: 0, ranges };
  expect(advise({ calibration }).map(({ rule }) => rule)).toEqual(["out-of-range"]);
  expect(advise({ calibration, moved: base }).map(({ rule }) => rule)).toEqual(["moved-scales"]);
});

it("puts calibration samples back that alone changed, and not for a plain pass, a failing base or beside a scale that moved", () => {
  const changed = { commit: base.commit, path: "calibration.npy", what: "calibration samples", basePassed: true };
  const rules = (facts: AdviceFacts) => advise({ changed, ...facts }).map(({ rule }) => rule);
  expect(advise({ changed })[0]).toMatchObject({
    text: "Only the calibration samples changed since 2b4c6d8, where the model passed. Where that was not meant, put the former calibration samples back first: git checkout 2b4c6d8e0f1a -- calibration.npy.",
    evidence: { command: "git checkout 2b4c6d8e0f1a -- calibration.npy", what: "calibration samples" },
  });
  expect(rules({ moved: base })).toEqual(["moved-scales"]);
  expect(rules({ accurate: true })).toEqual([]);
  expect(rules({ accurate: true, changed: { ...changed, hasFallen: true } })).toEqual(["changed-file"]);
  expect(rules({ changed: { ...changed, basePassed: false } })).toEqual([]);
});

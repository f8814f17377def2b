/** What Polygraphy saved of its engines is judged by everything that the gate judges its own by. */
import { truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { writeRunResults } from "../../../src/formats/polygraphy-writer.ts";
import { plainCandidate } from "../../../src/model/unit.ts";
import { judgeSaved } from "../../../src/probes/judge-saved.ts";
import { fakeLane, tensor } from "../../fakes/lane.ts";
import { type RunEffects, runEffects } from "../../fakes/run-effects.ts";
import { entryOf } from "../../fakes/settings.ts";

let run: RunEffects;
beforeEach(async () => {
  run = await runEffects();
});
afterEach(() => run.end());

const reference = (sample: number) => [1 + sample, -2, 3, 0.5];
/** Every value off by this part of it: 40 dB for a hundredth. */
const off = (sample: number, part: number) => reference(sample).map((value, i) => value * (1 + (i % 2 === 0 ? part : -part)));
/** The plain engine is hopeless; its reference is what counts. */
const lane = fakeLane({ output: (sample) => ({ reference: reference(sample), candidate: [0, 0, 0, 0] }) });
const path = () => join(run.folder, "candidate.json");

async function judged(yaml: string, parts: readonly number[]): Promise<string> {
  async function* outputs() {
    for (const [sample, part] of parts.entries()) yield [tensor("y", off(sample, part))];
  }
  await writeRunResults(path(), "trt", outputs(), run.files);
  return await asked(yaml);
}
const asked = async (yaml: string): Promise<string> =>
  judgeSaved({ entry: entryOf(yaml), lane, seed: 1, today: "2026-11-24" }, await lane.build(plainCandidate), path(), run.files);

const alike = (part: number) => Array<number>(8).fill(part);
const oneBad = [0.001, 0.001, 0.001, 0.001, 0.001, 0.001, 0.001, 0.3];

it.each([
  ["within the general limits", "tolerance: {sqnr-db: {fail: 20}}", alike(0.01), "pass"],
  ["beyond them", "tolerance: {sqnr-db: {fail: 20}}", alike(0.3), "fail"],
  ["within the limits of its tensor", "tolerance: {sqnr-db: {fail: 90}, tensors: {y: {sqnr-db: {fail: 20}}}}", alike(0.01), "pass"],
  ["beyond the limits of its tensor", "tolerance: {sqnr-db: {fail: 0}, tensors: {y: {sqnr-db: {fail: 60}}}}", alike(0.01), "fail"],
  [
    "beyond a limit that is waived",
    "tolerance: {sqnr-db: {fail: 60}}\nwaivers: [{tensor: y, reason: known, until: 2027-01-01}]",
    alike(0.01),
    "pass",
  ],
  // 16.5 dB over all samples, 10.5 dB in the last.
  ["with one sample beyond their limit", "tolerance: {sqnr-db: {fail: 15}}", oneBad, "pass"],
  ["with one sample more beyond their limit than may be", "tolerance: {sqnr-db: {fail: 15}, samples-within: {fail: 0.9}}", oneBad, "fail"],
])("says of outputs %s what a check would", async (_, yaml, parts, word) => {
  expect(await judged(yaml, parts)).toBe(word);
});

it.each([
  ["too few samples", async () => void (await judged("", alike(0.01).slice(1))), /^unequal-samples: /],
  ["a damaged file", async () => await truncate(path(), 300), /^bad-dump: /],
  ["a file that is no results", async () => await writeFile(path(), "hello"), /^bad-dump: /],
])("says neither of %s, and why", async (_, spoil, words) => {
  await judged("", alike(0.01));
  await spoil();
  expect(await asked("")).toMatch(words);
});

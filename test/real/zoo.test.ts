/**
 * Models of many exporters: each ends as recorded, and every figure equals Python ONNX Runtime's (no optimisation) to 0.05 dB. The three large networks take
 * three quarters of the time: TRT_GATE_ZOO=all, which `npm run test:deep` sets, has them too.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { RunEffects } from "../fakes/run-effects.ts";
import { describeWithPython } from "../support/needs.ts";
import { askOracle, judgeZoo, type ZooResult } from "../zoo/judge.ts";
import { zoo } from "../zoo/zoo.ts";

type Ends = "name" | "verdict" | "reason";
const recorded: readonly Pick<ZooResult, Ends>[] = JSON.parse(
  readFileSync(fileURLToPath(new URL("../zoo/results.json", import.meta.url)), "utf8"),
);
const large = ["paddle-detector", "paddle-recogniser", "tf-nsfw"];
const judged = process.env.TRT_GATE_ZOO === "all" ? zoo : zoo.filter(({ name }) => !large.includes(name));
let results: readonly ZooResult[] = [];
let exitCode = Number.NaN;
let effects: RunEffects | undefined;

beforeAll(async () => {
  ({ results, exitCode, effects } = await judgeZoo(judged));
}, 900_000);
afterAll(async () => await effects?.end());

describeWithPython("the zoo", () => {
  it("holds at least 30 models of at least 8 producers, and none ends as a bug of the gate", () => {
    expect(judged.length).toBeGreaterThanOrEqual(30);
    expect(new Set(judged.map(({ producer }) => producer.split(/[ ,]/)[0])).size).toBeGreaterThanOrEqual(8);
    expect(results.filter(({ reason }) => reason === "internal")).toEqual([]);
    expect(exitCode).not.toBe(5);
  });

  it("ends as recorded, model by model", () => {
    const ends = (list: readonly Pick<ZooResult, Ends>[]) => list.map(({ name, verdict, reason }) => [name, verdict, reason]);
    const names = new Set(judged.map(({ name }) => name));
    expect(ends(results)).toEqual(ends(recorded.filter(({ name }) => names.has(name))));
  });

  it("has the figures of Python's ONNX Runtime to 0.05 dB wherever both sides ran whole", () => {
    const whole = judged.filter((_, i) => results[i]?.verdict !== "undecided");
    const theirs = askOracle(whole, effects ?? { cwd: "" });
    const far = whole.flatMap(({ name }, i) => {
      const ours = results.find((one) => one.name === name)?.sqnrDb ?? {};
      if (theirs[i]?.error !== undefined) return [`${name}: ${theirs[i].error}`];
      return Object.entries(theirs[i]?.sqnrDb ?? {}).flatMap(([tensor, figure]) => {
        const own = ours[tensor] ?? null;
        if (figure === null || own === null) return figure === own ? [] : [`${name} ${tensor}: ${own} and ${figure} dB`];
        return Math.abs(own - figure) <= 0.05 ? [] : [`${name} ${tensor}: ${own} and ${figure} dB`];
      });
    });
    expect(whole.length).toBeGreaterThan(20);
    expect(far).toEqual([]);
  }, 900_000);
});

/**
 * Thousands of damaged files of each format: never a bug of ours (5), never a pass for other values, no growth of memory. 150 a format in
 * every run, from 1 on; `npm run test:deep` takes TRT_GATE_FUZZ=COUNT and goes on from TRT_GATE_FUZZ_FROM. A finding names its number, which
 * brings it back: TRT_GATE_FUZZ_FROM=NUMBER TRT_GATE_FUZZ=1. Numbers that found something stay in `kept`.
 */

import { readFileSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { soundConfig, type Workplace, workplace } from "../workplace.ts";
import { type Format, formats } from "./formats.ts";
import { mutate } from "./mutate.ts";

const count = Number(process.env.TRT_GATE_FUZZ ?? 150);
const from = Number(process.env.TRT_GATE_FUZZ_FROM ?? 1);
/** Megabytes of resident memory that reading all of them may add: caches of the runtime, not one per file. */
const mostGrowthMb = 300;

let place: Workplace;
beforeAll(async () => {
  place = await workplace();
  await copyFile(new URL("../../fixtures/polygraphy-0.53/legacy-base64.json", import.meta.url), place.at("sound.json"));
  await place.trtGate("calibrate", "models/m.onnx", "--data", "data/calibration.npz", "--algorithm", "minmax", "-o", "m.cache");
});
afterAll(() => place.end());

/** Formats whose sound files are made on the spot. */
const seedsOf = ({ format, seeds }: Format): readonly Uint8Array[] => {
  if (format === "calibration cache") return [new Uint8Array(readFileSync(place.at("m.cache"))), ...seeds];
  if (format === "npz archive") return [new Uint8Array(readFileSync(place.at("data/calibration.npz"))).slice()];
  return format === "configuration" ? [new TextEncoder().encode(soundConfig)] : seeds;
};

describe("damaged files", () => {
  it.each(formats)("fuzzed $format", { timeout: 3_600_000 }, async (format) => {
    const seeds = seedsOf(format);
    for (const sound of seeds.slice(0, 1)) expect([0, 1, 4], "the sound file is read").toContain(await format.run(sound, place));
    const startMb = process.memoryUsage().rss / 2 ** 20;
    const findings: string[] = [];
    const codes = new Map<number, number>();
    for (let number = from; number < from + count; number++) {
      const bytes = mutate(seeds, number);
      const code = await format.run(bytes, place);
      codes.set(code, (codes.get(code) ?? 0) + 1);
      if (code === 5) findings.push(`number ${number} ends as a bug: ${place.effects.lines.join("\n").slice(0, 600)}`);
      if (code === 0 && format.mayPass?.(bytes) === false) findings.push(`number ${number} passes and must not`);
    }
    expect(findings.slice(0, 5)).toEqual([]);
    expect([...codes.values()].reduce((sum, one) => sum + one, 0)).toBe(count);
    expect(process.memoryUsage().rss / 2 ** 20 - startMb).toBeLessThan(mostGrowthMb);
  });
});

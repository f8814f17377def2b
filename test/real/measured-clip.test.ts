/** A Clip of measured ends that ONNX Runtime's quantizer left out; the right figures are Python ONNX Runtime's (test/fixtures/measured-clip/make.py). */
import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { main } from "../../src/main.ts";
import { runEffects } from "../fakes/run-effects.ts";

const entry = (name: string, path: string, qdq?: string) =>
  `  - {name: ${name}, path: ${path}, validation: {data: x.npz}${qdq === undefined ? "" : `, quantization: {qdq: ${qdq}}`}}\n`;

it("is undecided without the float model, which the same range without a Clip is not; with the float model both have Python's figure", async () => {
  const effects = await runEffects();
  await cp(join(import.meta.dirname, "../fixtures/measured-clip"), effects.cwd, { recursive: true });
  await mkdir(join(effects.cwd, ".github"), { recursive: true });
  const entries = [
    entry("clip alone", "clip.u8.onnx"),
    entry("plain alone", "plain.u8.onnx"),
    entry("clip", "clip.onnx", "clip.u8.onnx"),
    entry("plain", "plain.onnx", "plain.u8.onnx"),
  ];
  await writeFile(join(effects.cwd, ".github/trt-gate.yml"), `version: 1\nmodels:\n${entries.join("")}`);
  const { report } = await main({ inputs: { lane: "simulate", search: "off" } }, effects);
  await effects.end();
  expect(report.models.map(({ name, verdict, reason }) => [name, verdict, reason])).toEqual([
    ["clip alone", "undecided", "activation-unknown"],
    ["plain alone", "pass", "within-limits"],
    ["clip", "pass", "within-limits"],
    ["plain", "pass", "within-limits"],
  ]);
  expect(report.models[0]?.message).toMatch(/^Behind .*'conv'.* the quantiser cuts off much/);
  const figure = (index: number) => Number(report.models[index]?.outputs[0]?.metrics.sqnrDb);
  expect(Math.abs(figure(2) - 34.56136)).toBeLessThan(0.05);
  expect(Math.abs(figure(3) - 34.97296)).toBeLessThan(0.05);
});

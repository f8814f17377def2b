/** Faults of the configuration and of the files that it names: exit 2, or undecided, with the file and the line that say so. */
import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { keepFileText } from "../../src/fix/keep-file.ts";
import { writeNpz } from "../../src/formats/write-npz.ts";
import { config, soundConfig, type Workplace, workplace } from "./workplace.ts";

/** Nine levels of nine aliases each. */
const bomb = [
  "a0: &a0 [x, x, x, x, x, x, x, x, x]",
  ...Array.from({ length: 9 }, (_, n) => `a${n + 1}: &a${n + 1} [${Array(9).fill(`*a${n}`).join(", ")}]`),
].join("\n");

let place: Workplace;
beforeEach(async () => {
  place = await workplace();
});
afterEach(() => place.end());

/** Line of the first line of the configuration that holds this text. */
const lineOf = (text: string, whole = soundConfig) => whole.split("\n").findIndex((line) => line.includes(text)) + 1;
const changed = async (from: string, to: string): Promise<string> => {
  const text = soundConfig.replace(from, to);
  await place.put(config, text);
  return text;
};

it("the sound workplace passes", async () => {
  const { exitCode, report } = await place.check();
  expect([exitCode, report?.verdict]).toEqual([0, "pass"]);
  expect(report?.models[0]?.quantization.convergence?.map(({ samples }) => samples)).toEqual([2, 4, 8]);
});

describe("what the configuration names", () => {
  it("missing model", async () => {
    await place.put("models/m.onnx", undefined);
    const { exitCode, log } = await place.check();
    expect(log).toContain(`${config}:${lineOf("path:")}: the model "models/m.onnx" is not there`);
    expect(exitCode).toBe(2);
  });

  it("missing Q/DQ model", async () => {
    const text = await changed("data: data/calibration.npz\n      min-samples: 1", "qdq: models/none.qdq.onnx");
    const { exitCode, report } = await place.check();
    expect(report?.models[0]?.message).toContain(`${config}:${lineOf("qdq:", text)}: The model 'models/none.qdq.onnx' does not exist`);
    expect(exitCode).toBe(2);
  });

  it("Q/DQ model of another model", async () => {
    const text = await changed("data: data/calibration.npz\n      min-samples: 1", "qdq: models/other.onnx");
    const where = `${config}:${lineOf("qdq:", text)}: the Q/DQ model has the input`;
    for (const [name, own] of [
      ["ort-qdq-s8s8", '"x" [?, 3, 16, 16]'],
      ["sklearn-classifier", '"X" [?, 20]'],
    ] as const) {
      await place.put("models/other.onnx", await readFile(`test/zoo/models/${name}.onnx`));
      const { exitCode, report } = await place.check();
      expect(report?.models[0]?.message).toMatch(`${where} ${own}, and those of the model are "x" [?`);
      expect(exitCode).toBe(2);
    }
  });

  it("missing validation file", async () => {
    await place.put("data/validation.npz", undefined);
    const { exitCode, report } = await place.check();
    expect(report?.models[0]?.message).toContain(`${config}:${lineOf("data/validation.npz")}: `);
    expect(report?.models[0]?.message).toContain("data/validation.npz");
    expect(exitCode).toBe(2);
  });

  it("missing calibration data", async () => {
    await place.put("data/calibration.npz", undefined);
    const { exitCode, report } = await place.check();
    expect(report?.models[0]?.message).toContain(`${config}:${lineOf("data/calibration.npz")}: `);
    expect(exitCode).toBe(2);
  });

  it("no quantization", async () => {
    await changed("    quantization:\n      data: data/calibration.npz\n      min-samples: 1\n", "");
    const { exitCode, report } = await place.check();
    expect(report?.models[0]?.message).toContain(`${config}:${lineOf("name: m")}: "m" has no quantization`);
    expect(exitCode).toBe(2);
  });

  it("shape of an input that is not there", async () => {
    const text = await changed("    validation:", "    shapes:\n      z: [1, 8, 4, 4]\n    validation:");
    const { exitCode, report } = await place.check();
    expect(report?.models[0]?.message).toContain(`${config}:${lineOf("shapes:", text)}: 'shapes' names 'z'`);
    expect(exitCode).toBe(2);
  });

  it("text instead of a model", async () => {
    await place.put("models/m.onnx", "this is text, not a model\n");
    const { exitCode, report } = await place.check();
    expect(report?.models[0]?.message).toContain(`${config}:${lineOf("path:")}: models/m.onnx`);
    expect(report?.models[0]?.message).not.toContain("trt-gate-model");
    expect(exitCode).toBe(2);
  });

  it("empty model file", async () => {
    await place.put("models/m.onnx", "");
    const { exitCode, report } = await place.check();
    expect(report?.models[0]?.message).toContain(`${config}:${lineOf("path:")}: models/m.onnx`);
    expect(exitCode).toBe(2);
  });

  it.each([
    ["missing keep file", "keep: calibration/none.json", "keep:", "the keep file calibration/none.json"],
    ["missing plan", "engine: {candidate: none.plan}", "engine:", '"none.plan", which is not there'],
    ["missing saved reference", "reference: {outputs: none.json}", "reference:", '"none.json", which is not there'],
  ])("%s", async (_, entry, key, message) => {
    const text = await changed("    validation:", `    ${entry}\n    validation:`);
    const { exitCode, report } = await place.check();
    expect(report?.models[0]?.message).toContain(`${config}:${lineOf(key, text)}: `);
    expect(report?.models[0]?.message).toContain(message);
    expect(exitCode).toBe(2);
  });

  it("path that no file can have", async () => {
    const paths = ["a".repeat(300), `${"a/".repeat(3000)}x`, "models/m.onnx/x"];
    const places = ["models/m.onnx", "data/calibration.npz", "data/validation.npz"];
    for (const path of paths)
      for (const place_ of places) {
        const text = await changed(place_, path);
        const { exitCode, log, report } = await place.check();
        expect(`${log}\n${report?.models[0]?.message}`, path).toContain(`${config}:${lineOf(path, text)}: `);
        expect(exitCode, path).toBe(2);
      }
  });

  it("pipe instead of a file", async () => {
    // Nobody writes to it: whoever waits for it waits for ever.
    for (const name of ["models/m.onnx", "data/calibration.npz", "data/validation.npz"]) {
      await place.put(name, undefined);
      execFileSync("mkfifo", [place.at(name)]);
      expect((await place.check()).exitCode, name).toBe(2);
    }
    for (const words of [
      ["inspect", "models/m.onnx"],
      ["render", "models/m.onnx", "--as", "comment"],
      ["compare", "data/validation.npz", "data/calibration.npz"],
      ["cache", "diff", "models/m.onnx", "models/m.onnx"],
    ])
      expect((await place.trtGate(...words)).exitCode, words.join(" ")).toBe(2);
  });
});

describe("the configuration's text", () => {
  it("key given twice in another spelling", async () => {
    for (const twice of [`shapes: {1: [1, 8, 4, 4], "1": [1, 9, 4, 4]}`, "*p : models/other.onnx", `"p\\u0061th": models/other.onnx`]) {
      const text = soundConfig.replace("path:", "&p path:").replace("    validation:", `    ${twice}\n    validation:`);
      await place.put(config, text);
      const { exitCode, log } = await place.check();
      expect(log, twice).toContain(`${config}:${lineOf(twice, text)}: `);
      expect(log, twice).toMatch(/stands here a second time|is no plain word/);
      expect(exitCode, twice).toBe(2);
    }
  });

  it("configuration in UTF-16", async () => {
    for (const mark of ["", "\uFEFF"])
      for (const big of [false, true]) {
        const bytes = Buffer.from(`${mark}${soundConfig}`, "utf16le");
        await place.put(config, big ? bytes.swap16() : bytes);
        const { exitCode, log } = await place.check();
        expect(log).toMatch(
          new RegExp(`${config}:1: the file holds (zero bytes, as UTF-16 does|bytes that are no UTF-8); save it as UTF-8`),
        );
        expect(exitCode).toBe(2);
      }
  });

  it("key given twice", async () => {
    const text = await changed("    validation:", "    path: models/other.onnx\n    validation:");
    const { exitCode, log } = await place.check();
    expect(log).toContain(`${config}:${lineOf("models/other.onnx", text)}: the key path stands here a second time`);
    expect(exitCode).toBe(2);
  });

  it("empty list of models", async () => {
    await place.put(config, "version: 1\nmodels: []\n");
    const { exitCode, log, report } = await place.check();
    expect(`${log}\n${report?.notices.join("\n")}`).toContain(`${config}:2: models is empty`);
    expect(exitCode).toBe(4);
    expect(report).toMatchObject({ verdict: "undecided", reason: "no-models" });
  });

  it("configuration that is not UTF-8", async () => {
    const latin1 = Buffer.from(soundConfig.replace("name: m", "name: Größe"), "latin1");
    await place.put(config, latin1);
    const { exitCode, log } = await place.check();
    expect(log).toContain(`${config}:3: the file holds bytes that are no UTF-8`);
    expect(exitCode).toBe(2);
  });
});

describe("an entry", () => {
  it.each([
    [
      "unknown key, wrong type, every problem at once",
      ["watch: [a]", "watchh: 1\n    latency: 7\n    shapes: x"],
      ["watchh is no key", "latency is 7", "shapes is"],
    ],
    ["glob that matches no model", ["path: models/m.onnx", "path: none/*.onnx"], ["matches no file"]],
    ["two quantization sources", ["min-samples: 1", "min-samples: 1\n      qdq: models/m.onnx"], ["data and qdq"]],
    ["tolerance with no metric", ["{max-abs: {fail: 100000}}", "{}"], ["names no metric"]],
    ["warning limit beyond the fail limit", ["{fail: 100000}", "{fail: 1, warn: 2}"], ["warn"]],
    ["limit that is no number", ["100000", ".nan"], ["NaN", "write a number"]],
    [
      "waiver that is over",
      ["    validation:", "    waivers: [{tensor: y, reason: r, until: 2020-01-01}]\n    validation:"],
      ["2020-01-01"],
    ],
    [
      "waiver without a reason",
      ["    validation:", "    waivers: [{tensor: y, until: 2999-01-01}]\n    validation:"],
      ["reason is missing"],
    ],
    ["key with a tab", ["    validation:", "\tvalidation:"], ["Tabs"]],
    ["alias bomb", ["version: 1\n", `version: 1\n${bomb}\n`], ["aliases cannot be expanded"]],
    ["configuration of 5 MB", ["version: 1\n", `version: 1\n#${"x".repeat(5_000_000)}\n`], ["a configuration has at most"]],
    ["configuration nested without end", ["{max-abs: {fail: 100000}}", `${"{a: ".repeat(4000)}1${"}".repeat(4000)}`], ["nested too deep"]],
  ] as const)("%s", async (_, [from, to], messages) => {
    const sound = soundConfig.replace("    validation:", "    watch: [a]\n    validation:");
    await place.put(config, sound.replace(from, to));
    const { exitCode, log, report } = await place.check();
    expect(log).toMatch(new RegExp(`error: ${config}:\\d+: `));
    for (const message of messages) expect(log).toContain(message);
    expect(exitCode).toBe(2);
    // Nothing of an earlier run may pass for this one's.
    expect(report).toBeUndefined();
  });

  it("two models of one name", async () => {
    const again = soundConfig.split("\n").slice(2).join("\n");
    await place.put(config, `${soundConfig}${again.replace("models/m.onnx", "models/n.onnx")}`);
    const { exitCode, log } = await place.check();
    expect(log).toContain(`${config}:11: models[1].name gives a second model the name "m"`);
    expect(exitCode).toBe(2);
  });
});

describe("samples", () => {
  const array = (shape: readonly number[], value: (i: number) => number, name = "x") =>
    writeNpz([
      { name, dtype: "float32", shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => value(i)) },
    ]);
  it.each([
    ["samples of another shape", array([16, 8, 4, 5], Math.sin), /data\/validation\.npz.*\[16, 8, 4, 5\]/],
    ["samples of another input", array([16, 8, 4, 4], Math.sin, "z"), /data\/validation\.npz.*"?x"?/],
    ["samples of one value", array([16, 8, 4, 4], () => 1), /data\/validation\.npz/],
    ["samples with NaN", array([16, 8, 4, 4], (i) => (i === 70 ? Number.NaN : Math.sin(i))), /data\/validation\.npz|sample/],
    [
      "samples with an infinity",
      array([16, 8, 4, 4], (i) => (i === 70 ? Number.POSITIVE_INFINITY : Math.sin(i))),
      /data\/validation\.npz|sample/,
    ],
  ])("%s", async (_, bytes, message) => {
    for (const name of ["data/validation.npz", "data/calibration.npz"]) {
      await place.put(
        "data/validation.npz",
        array([16, 8, 4, 4], (i) => Math.sin(i * 3.7)),
      );
      await place.put("data/calibration.npz", array([16, 8, 4, 4], Math.cos));
      await place.put(name, bytes);
      const { exitCode, report } = await place.check();
      const model = report?.models[0];
      expect(model?.verdict, name).toBe("undecided");
      expect(model?.message.replaceAll("calibration.npz", "validation.npz"), name).toMatch(message);
      expect(exitCode, `${name}: ${model?.message}`).toBe(2);
    }
  });

  it("made-up samples under another name", async () => {
    await place.trtGate("inputs", "models/m.onnx", "--samples", "20", "--low", "-1", "-o", "data/recorded.json");
    await changed("data/validation.npz", "data/recorded.json");
    const { exitCode, report } = await place.check();
    expect(report?.models[0]?.caveats).toEqual([
      { reason: "weak-evidence", message: expect.stringMatching(/^All samples are made-up random numbers\./) },
    ]);
    expect(exitCode).toBe(0);
  });

  it("no sample at all", async () => {
    await place.put("data/validation.npz", array([0, 8, 4, 4], Math.sin));
    const { exitCode, report } = await place.check();
    expect(report?.models[0]).toMatchObject({ verdict: "undecided", reason: "no-samples" });
    expect(exitCode).toBe(4);
  });
});

describe("keep file that keeps nothing", () => {
  const named = "    keep: models/m.keep.json\n    validation:";

  it("may list no unit, and the log says so once", async () => {
    const text = keepFileText({
      gateVersion: "0",
      model: { name: "m", path: "models/m.onnx", sha256: "0" },
      kept: [],
      precision: "float16",
    });
    await place.put("models/m.keep.json", text);
    await changed("    validation:", named);
    const { exitCode, report, log } = await place.check();
    expect([exitCode, report?.verdict, report?.models[0]?.kept]).toEqual([0, "pass", undefined]);
    expect(log.split('The keep file models/m.keep.json of "m" lists no unit: nothing is kept.')).toHaveLength(2);
  });

  it("may be deleted once the line that the message names is taken out", async () => {
    const text = await changed("    validation:", named);
    const { exitCode, report } = await place.check();
    const [, out = "", file = "", line = ""] = /take "(.*)" out of (\S+):(\d+)\./.exec(report?.models[0]?.message ?? "") ?? [];
    expect([exitCode, file, text.split("\n")[Number(line) - 1]?.trim()]).toEqual([2, config, out]);
    await place.put(
      config,
      text
        .split("\n")
        .toSpliced(Number(line) - 1, 1)
        .join("\n"),
    );
    expect((await place.check()).exitCode).toBe(0);
  });
});

describe("the fixed entry", () => {
  it("trt-gate.fixed.yml keeps every key of the entry", async () => {
    await changed("{max-abs: {fail: 100000}}", "{sqnr-db: {fail: 15}, cosine: {fail: 0.5}}\n    watch: [a.txt]");
    await place.put(
      config,
      (await readFile(place.at(config), "utf8")).replace("data/calibration.npz", "data/calibration.npz\n      algorithm: minmax"),
    );
    const { report } = await place.trtGate("check", "--lane", "simulate", "--changed-only", "false");
    const file = report?.models[0]?.fix?.files.find(({ format }) => format === "config");
    const [entry] = parse(await readFile(place.at(`trt-gate-report/${file?.path}`), "utf8")).models;
    expect(entry).toEqual({
      name: "m",
      path: "models/m.onnx",
      quantization: { data: "data/calibration.npz", algorithm: "minmax", "min-samples": 1 },
      keep: "models/m.keep.json",
      validation: { data: "data/validation.npz" },
      tolerance: { "sqnr-db": { fail: 15 }, cosine: { fail: 0.5 } },
      watch: ["a.txt"],
    });
  });
});

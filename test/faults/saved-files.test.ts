/** Saved files that are damaged, hostile or of a refused kind, through the whole command: exit 2 with the file's name and why, and nothing is written. */

import { constants } from "node:buffer";
import { closeSync, cpSync, openSync, readdirSync, readFileSync, writeSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { writeNpy } from "../../src/formats/npy.ts";
import { type Member, makeZip } from "../unit/formats/archive.ts";
import { type Workplace, workplace } from "./workplace.ts";

let place: Workplace;
beforeEach(async () => {
  place = await workplace();
});
afterEach(() => place.end());

const fixture = (name: string) => new URL(`../fixtures/${name}`, import.meta.url);
const bytesOf = (name: string): Uint8Array => readFileSync(fixture(name));
const dump = () => readFileSync(fixture("polygraphy-0.53/legacy-base64.json"), "utf8");
const array = (...values: number[]) => writeNpy({ name: "", dtype: "float32", shape: [1, values.length], data: Float32Array.from(values) });
const member = (name: string, more: Partial<Member> = {}): Member => ({ name: `${name}.npy`, content: array(1, 2, 3), ...more });
const npy = (dict: string): Uint8Array => {
  const text = `${dict}\n`;
  return Buffer.concat([
    Buffer.from([0x93]),
    Buffer.from("NUMPY"),
    Buffer.from([1, 0, text.length & 255, text.length >> 8]),
    Buffer.from(text),
  ]);
};

it.each([
  ["RunResults cut anywhere", "f.json", () => dump().slice(0, -40), /f\.json at byte \d+/],
  ["torch.Tensor in RunResults", "f.json", () => bytesOf("polygraphy-0.53/torch-tensor.json"), /torch\.Tensor/],
  ["two tensors of one name", "f.json", () => dump().replace('"ids"', '"logits"'), /logits/],
  ["pickled objects in .npy", "f.npy", () => bytesOf("numpy-2.4/refused-object.npy"), /pickled Python objects/],
  ["bfloat16 stored as raw bytes", "f.npy", () => bytesOf("numpy-2.4/refused-raw.npy"), /raw 2-byte data/],
  [".npy header that is code", "f.npy", () => npy("{'descr': __import__('os').name, 'fortran_order': False, 'shape': ()}"), /'descr'/],
  [".npy of more elements than bytes", "f.npy", () => npy("{'descr': '<f4', 'fortran_order': False, 'shape': (4000000,), }"), /is cut off/],
  [
    ".npy of more elements than there can be",
    "f.npy",
    () => npy("{'descr': '<f4', 'fortran_order': False, 'shape': (9007199254740993,), }"),
    /2\^53/,
  ],
  ["zip entry that leaves the archive", "f.npz", () => makeZip([member("../../escaped")]), /leaves the archive/],
  ["zip with a wrong checksum", "f.npz", () => makeZip([member("y", { lies: { crc32: 1 } })]), /checksum/],
  ["zip that is encrypted", "f.npz", () => makeZip([member("y", { lies: { flags: 1 } })]), /encrypted/],
  ["zip of two entries of one name", "f.npz", () => makeZip([member("y"), member("y")]), /stands twice/],
  [
    "zip bomb on one body",
    "f.npz",
    () => makeZip([member("y"), member("z", { bodyOf: 0 })]),
    /does not start where|shares bytes|stands twice/,
  ],
  [
    "zip that grows a thousandfold",
    "f.npz",
    () => makeZip([{ name: "y.npy", content: new Uint8Array(12 * 2 ** 20), deflate: true }]),
    /1000 times/,
  ],
  ["zip of more than 10,000 entries", "f.npz", () => makeZip([member("y")], { count: 10_001 }), /10001 entries/],
  ["nesting deeper than 64", "f.json", () => `${'{"a":'.repeat(70)}1${"}".repeat(70)}`, /f\.json at byte \d+/],
  [
    "Git LFS pointer as samples",
    "f.npz",
    () => `version https://git-lfs.github.com/spec/v1\noid sha256:${"0".repeat(64)}\nsize 12\n`,
    /lfs: true/,
  ],
])("%s", async (_, name, content, why) => {
  await place.put(name, content());
  const before = readdirSync(place.effects.folder);
  for (const words of [
    ["inspect", name],
    ["compare", name, name],
  ]) {
    const { exitCode, log } = await place.trtGate(...words);
    expect(log, words.join(" ")).toMatch(why);
    expect(log).toContain(name);
    expect(exitCode, log).toBe(2);
  }
  expect(readdirSync(place.effects.folder)).toEqual(before);
});

it("folder of iterations with a hole", async () => {
  for (const n of [0, 2]) cpSync(fixture("polygraphy-0.53/legacy-base64.json"), place.at(`f/${String(n).padStart(10, "0")}.json`));
  const { exitCode, log } = await place.trtGate("compare", "f", "f");
  expect(log).toContain("iteration 0000000001.json is expected");
  expect(exitCode, log).toBe(2);
});

it("samples of a pull request that are damaged", async () => {
  for (const [name, key] of [
    ["data/validation.npz", "validation"],
    ["data/calibration.npz", "quantization"],
  ] as const) {
    const sound = readFileSync(place.at(name));
    await place.put(name, sound.subarray(0, sound.length - 30));
    const { exitCode, report } = await place.check();
    expect(report?.models[0]).toMatchObject({ verdict: "undecided", reason: "configuration", message: expect.stringContaining(name) });
    expect(report?.complete, key).toBe(true);
    expect(exitCode).toBe(2);
    await place.put(name, sound);
  }
  expect((await place.check()).exitCode).toBe(0);
});

it("numbers of iterations differ", async () => {
  for (const [folder, count] of [
    ["r", 2],
    ["c", 1],
  ] as const)
    for (let n = 0; n < count; n++) cpSync(fixture("polygraphy-0.53/legacy-base64.json"), place.at(`${folder}/000000000${n}.json`));
  const { exitCode, out } = await place.trtGate("compare", "r", "c", "--json");
  expect(JSON.parse(out)).toMatchObject({ verdict: "undecided", reason: "unequal-samples" });
  expect(JSON.parse(out).message).toContain("2 of 2 iterations of the reference and 1 of 1 of the candidate hold it");
  expect(exitCode).toBe(4);
});

/** As Polygraphy would write it, but for white space in the middle: longer than any string can be. */
function stretch(path: string): void {
  const text = dump();
  const half = text.indexOf("{") + 1;
  const space = Buffer.alloc(2 ** 24, " ");
  const file = openSync(path, "w");
  writeSync(file, text.slice(0, half));
  for (let written = 0; written <= constants.MAX_STRING_LENGTH; written += space.length) writeSync(file, space);
  writeSync(file, text.slice(half));
  closeSync(file);
}

it("RunResults longer than any string", async () => {
  stretch(place.at("f.json"));
  const { exitCode, out, log } = await place.trtGate("inspect", "f.json");
  expect(out, log).toContain("logits  float32 [2, 3]  min 0  max 1.25");
  expect(exitCode).toBe(0);
});

it("accuracy JSON with bare NaN", async () => {
  const shown = async (path: string) => {
    const { exitCode, out, log } = await place.trtGate("inspect", path, "--json");
    expect(exitCode, log).toBe(0);
    return JSON.parse(out).results;
  };
  const [recorded] = await shown(fileURLToPath(fixture("tensorrt-8.6.1-h100/polygraphy_accuracy_results.json")));
  expect(recorded).toMatchObject({ metric: "OutputCompareResult", iterations: 1 });
  expect(recorded.tensors).toHaveLength(220);
  const result = (snr: string) => `{"snr": ${snr}, "polygraphy_class": "SnrResult"}`;
  const pair = `[["a", "b"], [{"y": ${result("-Infinity")}, "z": ${result("NaN")}}]]`;
  await place.put("acc.json", `{"lst": [{"lst": [${pair}], "polygraphy_class": "AccuracyResult"}], "polygraphy_class": "AccuracyResults"}`);
  expect(await shown("acc.json")).toMatchObject([
    {
      metric: "SnrResult",
      pair: ["a", "b"],
      tensors: [
        { tensor: "y", values: { snr: "-Infinity" } },
        { tensor: "z", values: { snr: "NaN" } },
      ],
    },
  ]);
});

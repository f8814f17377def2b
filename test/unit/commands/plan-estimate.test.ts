import { copyFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { estimateSeconds, scaled } from "../../../src/commands/plan-estimate.ts";
import { entryOf } from "../../fakes/settings.ts";
import { folder, ocrModel } from "./saved-commands.ts";

it("gives a model with forty times the arithmetic more time, and one that cannot be read hardly any", async () => {
  const effects = await folder();
  const entry = entryOf("shapes: {x: [1, 3, 48, 320]}\nquantization: {cache: c.cache}\nvalidation: {data: v.npz}");
  const seconds = async (file: string) => {
    await copyFile(file, `${effects.folder}/m.onnx`);
    return await estimateSeconds(entry, effects);
  };
  const small = await seconds(ocrModel("ch_ppocr_mobile_v2.0_cls_infer.onnx"));
  const large = await seconds(ocrModel("ch_PP-OCRv4_rec_infer.onnx"));
  expect(large).toBeGreaterThan(5 * small);
  expect(await seconds(ocrModel("ppocr_keys_v1.txt"))).toBe(2);
});

it("takes the measured time where there is one and brings the rest to its scale", () => {
  const estimates = new Map([
    ["a", 10],
    ["b", 20],
    ["new", 5],
  ]);
  expect(
    scaled(
      estimates,
      new Map([
        ["a", 30],
        ["b", 60],
      ]),
    ),
  ).toEqual(
    new Map([
      ["a", 30],
      ["b", 60],
      ["new", 15],
    ]),
  );
});

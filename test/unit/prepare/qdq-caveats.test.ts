import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { realFiles } from "../../../src/effects/files.ts";
import { TensorProtoSchema } from "../../../src/onnx/gen/onnx-ml_pb.js";
import { DataType, floatTensor, int8Tensor, type TensorProto } from "../../../src/onnx/model.ts";
import { toNetwork } from "../../../src/onnx/network.ts";
import { parseModel, readModel } from "../../../src/onnx/read.ts";
import { operatorCaveats, qdqCaveats, unsignedCaveats } from "../../../src/prepare/qdq-caveats.ts";
import { modelBytes, node, weight } from "../../fakes/onnx-models.ts";

const folder = join(import.meta.dirname, "../../fixtures/onnxruntime-quantizer");
const files = realFiles(undefined, { record: () => undefined });
const caveatsOf = async (name: string, hasFloat: boolean) =>
  qdqCaveats(toNetwork(await readModel(join(folder, `${name}.onnx`), files)), { hasFloat });
const reasons = async (name: string, hasFloat: boolean) => (await caveatsOf(name, hasFloat)).map(({ reason }) => reason);

// What TensorRT for RTX 1.7.1 said of each file: "built", or the refusal that the caveat must name.
const refusals: readonly [string, RegExp | undefined][] = [
  ["pictures.s8", undefined],
  ["pictures.s8.channel", undefined],
  [
    "pictures.u8",
    /INT32 behind DequantizeLinear \(4 nodes, first 'b1_DequantizeLinear'\), UINT8 with zero point 122 \(\d+ nodes, first 'w1_DequantizeLinear'\)/,
  ],
  ["pictures.u8s8.channel", /'QuantizeBias': False/],
  ["pictures.s8.asymmetric", /INT8 with zero point -?\d+.*'ActivationSymmetric': True, 'WeightSymmetric': True/],
  ["pictures.s16", /INT16 .*activation_type=QuantType\.QInt8/],
  ["pictures.qop.u8", /QLinearConv .*quant_format=QuantFormat\.QDQ/],
];

describe("a model that only ONNX Runtime takes", () => {
  it.each(refusals)("is told from one that TensorRT builds, with how to export it instead: %s", async (name, message) => {
    const found = (await caveatsOf(name, true)).filter(({ reason }) => reason === "not-for-tensorrt");
    expect(found.map((caveat) => message?.exec(caveat.message)?.length)).toEqual(message === undefined ? [] : [1]);
  });
});

// onnx-tensorrt's QuantDequantLinearHelper: "Scale coefficients must all be positive". ONNX Runtime runs them.
describe("a scale that is not above 0", () => {
  const scaled = async (value: number) => {
    const network = toNetwork(await readModel(join(folder, "pictures.s8.onnx"), files));
    const name = network.nodes.find(({ opType }) => opType === "QuantizeLinear")?.input[1] ?? "";
    const scale = network.constants.get(name);
    if (scale === undefined) throw new Error(`no scale ${name}`);
    const changed = { ...scale, rawData: new Uint8Array(Float32Array.of(value).buffer) };
    return qdqCaveats({ ...network, constants: new Map([...network.constants, [name, changed]]) }, { hasFloat: true });
  };

  it.each([0, -0.5, Number.NaN])("is refused by TensorRT and told: %d", async (value) => {
    const [caveat, ...more] = await scaled(value);
    expect(more).toEqual([]);
    expect(caveat).toMatchObject({ reason: "not-for-tensorrt", message: expect.stringContaining(`not the scale ${value} (`) });
    expect(caveat?.message).toMatch(/Give every quantiser a scale above 0, those of unused channels too\.$/);
  });

  it("is not seen in a sound one", async () => {
    expect(await scaled(0.5)).toEqual([]);
  });
});

// `OnnxParser.supports_operator` of TensorRT for RTX 1.7.1 says no to each that is named here, and yes to each that is not.
describe("an operator that TensorRT's parser does not have", () => {
  const of = (domain: string, ...kinds: readonly string[]) =>
    toNetwork(
      parseModel(
        modelBytes({ nodes: kinds.map((kind, i) => ({ ...node(kind, ["x"], [`y${i}`], `n${i}`), domain })), weights: [], outputs: ["y0"] }),
        "m.onnx",
      ),
    );
  const messages = (network: ReturnType<typeof of>, plugins: readonly string[] = []) =>
    operatorCaveats(network, plugins).map(({ reason, message }) => `${reason}: ${message}`);

  it("is named with its first node and how often it occurs, and what to do", () => {
    expect(messages(of("ai.onnx.ml", "Scaler"))).toEqual([
      "not-for-tensorrt: TensorRT's parser has no operator ai.onnx.ml Scaler ('n0'). The figures are those of ONNX Runtime. Cut the model before it, or give a plugin (`plugins` in 'tensorrt').",
    ]);
    expect(messages(of("com.microsoft", "FusedMatMul", "QuickGelu", "FusedMatMul"))).toEqual([
      "not-for-tensorrt: TensorRT's parser has no operators com.microsoft FusedMatMul (2 nodes, first 'n0'), com.microsoft QuickGelu ('n1'). The figures are those of ONNX Runtime. Cut the model before them, or give a plugin (`plugins` in 'tensorrt').",
    ]);
  });

  it("is left to the plugins where any are given", () => {
    expect(messages(of("ai.onnx.ml", "Scaler"), ["scaler.so"])).toEqual([]);
  });

  it.each([
    ["com.microsoft", "Gelu"],
    ["com.microsoft", "QuantizeLinear"],
    ["com.microsoft", "MultiHeadAttention"],
    ["com.microsoft", "MatMulNBits"],
    ["", "Softmax"],
    ["trt.plugins", "EfficientNMS_TRT"],
  ])("is none of %s %s", (domain, kind) => {
    expect(messages(of(domain, kind))).toEqual([]);
  });

  it.each(["tf2onnx-attention", "tf2onnx-cnn", "functions-mlp", "scan-rnn", "sklearn-regressor", "modelopt-int8", "ort-dynamic"])(
    "is not in %s, and is in what scikit-learn's classifier is converted to",
    async (name) => {
      const models = join(import.meta.dirname, "../../zoo/models");
      const read = async (one: string) => toNetwork(await readModel(join(models, `${one}.onnx`), files, { weights: "left-in-file" }));
      expect(messages(await read(name))).toEqual([]);
      expect(messages(await read("sklearn-classifier"))).toEqual([expect.stringMatching(/ai\.onnx\.ml Scaler \('[^']+'\)/)]);
    },
  );
});

// TensorRT for RTX 1.7.1 parses the first and makes INT8 of its quantiser; onnx-tensorrt's QuantDequantLinearHelper says why.
describe("UINT8 without a zero point", () => {
  const caveatsFor = (zero: readonly string[], more: readonly TensorProto[] = []) => {
    const nodes = [
      node("QuantizeLinear", ["x", "s", ...zero], ["q"], "quantise"),
      node("DequantizeLinear", ["q", "s", ...zero], ["d"]),
      node("MatMul", ["d", "w"], ["y"]),
    ];
    const scale = floatTensor("s", [], Float32Array.of(0.05));
    return unsignedCaveats(
      toNetwork(parseModel(modelBytes({ nodes, weights: [weight("w", [4, 4]), scale, ...more], outputs: ["y"] }), "m.onnx")),
    );
  };
  const uint8 = (value: number) =>
    create(TensorProtoSchema, { name: "z", dims: [], dataType: DataType.UINT8, rawData: Uint8Array.of(value) });

  it("is told, since TensorRT reads it as INT8 of half the range; INT8 is not, and neither is what TensorRT refuses", () => {
    expect(caveatsFor([])).toMatchObject([
      { reason: "read-as-int8", message: expect.stringContaining("'quantise' gives UINT8 without a zero point") },
    ]);
    expect(caveatsFor(["z"], [uint8(0)])).toMatchObject([{ reason: "read-as-int8" }]);
    expect(caveatsFor(["z"], [uint8(128)])).toEqual([]);
    expect(caveatsFor(["z"], [int8Tensor("z", [], new Int8Array(1))])).toEqual([]);
  });
});

describe("a quantised model without its float model", () => {
  it("says that the error of its integer weights is not seen, in every form; with the float model it is", async () => {
    for (const name of ["pictures.u8", "pictures.s8.channel", "pictures.qop.u8", "words.s8"]) {
      expect(await reasons(name, false)).toContain("weight-error-unseen");
      expect(await reasons(name, true)).not.toContain("weight-error-unseen");
    }
  });

  it("says where a Relu is assumed: before the quantisers of both that the exporter left out, and nowhere where it kept them", async () => {
    const [assumed] = (await caveatsOf("pictures.u8", false)).filter(({ reason }) => reason === "activation-assumed");
    expect(assumed?.message).toMatch(/Behind 3 nodes \(first 'conv1'\)/);
    expect(await reasons("pictures.s8", false)).not.toContain("activation-assumed");
  });
});

// NVIDIA's builder takes the others and refuses this one: test/real/modelopt-types.test.ts.
describe("ModelOpt's NVFP4, MXFP8, FP8 and bfloat16", () => {
  const types = join(import.meta.dirname, "../../fixtures/modelopt-types");
  const refusedOf = async (name: string) =>
    qdqCaveats(toNetwork(await readModel(join(types, `${name}.onnx`), files)), { hasFloat: true }).map(({ message }) => message);

  it.each(["nvfp4-half", "nvfp4-bf16", "mxfp8-half", "fp8-half", "fp8-bf16", "int8-onnx-bf16", "fp8-onnx-bf16"])(
    "are for TensorRT: %s",
    async (name) => {
      expect(await refusedOf(name)).toEqual([]);
    },
  );

  it("are not where a product reads two float types, and the Cast that is missing is named", async () => {
    const [message, ...more] = await refusedOf("nvfp4-mixed");
    expect(more).toEqual([]);
    expect(message).toContain("and not MatMul of float16 and float32 (3 nodes, first '/first/MatMul')");
    expect(message).toMatch(/Put a Cast before one of two operands, so that both have one type\.$/);
  });
});

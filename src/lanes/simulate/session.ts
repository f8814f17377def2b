/**
 * One network in ONNX Runtime, run the same way every time: no graph optimisation, one thread, sequential.
 * With that, repeats are bit-identical on one machine; default integer kernels would saturate on CPUs without VNNI.
 */
import type * as Ort from "onnxruntime-node";
import type { Effects } from "../../effects/effects.ts";
import { ToolError } from "../../effects/failure.ts";
import { floatToHalf, halfToFloat } from "../../model/half.ts";
import type { DType, Feed, Tensor, TensorData } from "../../model/tensor.ts";
import { DataType } from "../../onnx/model.ts";
import { encodeNetwork, type Network } from "../../onnx/network.ts";
import { narrowInFloat } from "./half-in-float.ts";
import { plainInterface } from "./plain-interface.ts";
import { runnable } from "./runnable.ts";
import type { Runtime } from "./runtime.ts";

export interface Session {
  /** Every output of the network in its order. Rejects with ToolError `runtime-failed` naming what ran. */
  run(feed: Feed): Promise<ReadonlyMap<string, Tensor>>;
  /** Frees native memory; the session is unusable afterwards. */
  release(): Promise<void>;
}

/**
 * The model file is written beside the weights it points at and removed once it is loaded. Half precision is left to ONNX Runtime; graphs that it refuses over
 * it are run in float32 between casts.
 */
export async function openSession(runtime: Runtime, effects: Effects, network: Network, what: string): Promise<Session> {
  const bfloat = runnable(network);
  try {
    return await openAsWritten(runtime, effects, bfloat, what);
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    const half = narrowInFloat(bfloat, [DataType.FLOAT16]);
    if (half === bfloat) throw error;
    // The first refusal is about the model as it is; the second would be about casts that nobody wrote.
    return await openAsWritten(runtime, effects, half, what).catch(() => Promise.reject(error));
  }
}

async function openAsWritten(runtime: Runtime, effects: Effects, network: Network, what: string): Promise<Session> {
  const path = `${network.folder}/trt-gate-${nextNumber()}.onnx`;
  const plain = plainInterface(network);
  await effects.files.writeBytes(path, encodeNetwork(plain.network));
  try {
    const native = await failing(`ONNX Runtime could not load the ${what}`, () => runtime.ort.InferenceSession.create(path, options));
    const inputs = new Set(native.inputNames);
    const types = new Map(
      plain.network.inputs.map(({ name, type }) => [name, type?.value.case === "tensorType" ? type.value.value.elemType : 0]),
    );
    return {
      run: async (feed) => {
        const given = Object.fromEntries(
          [...feed]
            .map(([name, tensor]) => [plain.inputNames.get(name) ?? name, tensor] as const)
            .filter(([name]) => inputs.has(name))
            .map(([name, tensor]) => [name, toNative(runtime, asRead(tensor, types.get(name)))]),
        );
        const results = await failing(`ONNX Runtime failed while running the ${what}`, () => native.run(given));
        return new Map(network.outputs.map(({ name }) => [name, fromNative(name, results[plain.outputNames.get(name) ?? name])] as const));
      },
      release: () => native.release(),
    };
  } finally {
    await effects.files.remove(path);
  }
}

const options: Ort.InferenceSession.SessionOptions = {
  graphOptimizationLevel: "disabled",
  executionMode: "sequential",
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  enableCpuMemArena: false,
  enableMemPattern: false,
  // What fails is thrown with the same words; printed by the library as well, it would stand in the log twice.
  logSeverityLevel: 4,
};

let lastNumber = 0;
const nextNumber = () => ++lastNumber;

async function failing<T>(what: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ToolError("runtime-failed", `${what}: ${tidy(why)}.`);
  }
}

/** Without the library's own source lines and the name of our file. */
const tidy = (why: string): string =>
  why
    .replace(/^Load model from \S+ failed:\s*/, "")
    .replaceAll(/\/\S*onnxruntime_src\/\S+:\d+ [^\n]*?\) (?=[A-Z])/g, "")
    .replace(/\.+$/, "");

/** A quantised file may read half precision where its float model reads float32, and the other way round; both have the same samples. */
function asRead(tensor: Tensor, elemType: number | undefined): Tensor {
  const isEither = tensor.dtype === "float32" || tensor.dtype === "float16";
  if (isEither && elemType === DataType.FLOAT16) return { ...tensor, dtype: "float16" };
  return isEither && elemType === DataType.FLOAT ? { ...tensor, dtype: "float32" } : tensor;
}

function toNative(runtime: Runtime, tensor: Tensor): Ort.Tensor {
  const { Tensor: NativeTensor } = runtime.ort;
  if (tensor.dtype === "float16") {
    const bits = Uint16Array.from(Array.from(tensor.data, Number), floatToHalf);
    // On Node 24 the tensor turns the bits into a Float16Array, which the native part of onnxruntime-node 1.30 reads as empty.
    return Object.defineProperty(new NativeTensor("float16", bits, tensor.shape), "data", { value: bits });
  }
  if (tensor.dtype === "bool") return new NativeTensor("bool", Uint8Array.from(tensor.data, Number), tensor.shape);
  // The overloads tie each type name to its array class, which a union cannot satisfy; ONNX Runtime checks the pair itself.
  const native: Ort.Tensor = Reflect.construct(NativeTensor, [tensor.dtype, tensor.data, tensor.shape]);
  return native;
}

const dtypes: ReadonlySet<string> = new Set([
  "float32",
  "float64",
  "float16",
  "int8",
  "int16",
  "int32",
  "int64",
  "uint8",
  "uint16",
  "uint32",
  "uint64",
  "bool",
]);
const isDType = (name: string): name is DType => dtypes.has(name);

function fromNative(name: string, native: Ort.OnnxValue | undefined): Tensor {
  if (native === undefined || !("data" in native))
    throw new ToolError(
      "runtime-failed",
      `The output '${name}' is no tensor. Sequences and maps cannot be compared; leave them out of the model's outputs.`,
    );
  const dtype = native.type;
  if (!isDType(dtype))
    throw new ToolError(
      "runtime-failed",
      `The output '${name}' has the type ${dtype}, which cannot be compared. Cast it to a number type.`,
    );
  return { name, dtype, shape: native.dims, data: dtype === "float16" ? widened(native.data) : numeric(name, native.data) };
}

/** Half precision comes as bits, or as numbers where the engine has Float16Array (Node 24). */
function widened(data: unknown): Float32Array {
  if (data instanceof Uint16Array) return Float32Array.from(data, halfToFloat);
  if (!ArrayBuffer.isView(data)) throw new Error("ONNX Runtime gave half precision in an unknown form");
  return Float32Array.from(new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2), halfToFloat);
}

function numeric(name: string, data: unknown): TensorData {
  if (
    data instanceof Float32Array ||
    data instanceof Float64Array ||
    data instanceof Int8Array ||
    data instanceof Int16Array ||
    data instanceof Int32Array ||
    data instanceof BigInt64Array ||
    data instanceof Uint8Array ||
    data instanceof Uint16Array ||
    data instanceof Uint32Array ||
    data instanceof BigUint64Array
  )
    return data;
  throw new ToolError("runtime-failed", `The output '${name}' holds no numbers. Leave it out of the model's outputs.`);
}

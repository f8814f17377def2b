/**
 * What the Python worker says, as typed values: the one parser of its lines and files.
 * Knows no process and no lane.
 */
import { z } from "zod";

const tensor = z.object({
  name: z.string(),
  dtype: z.string(),
  /** Null where TensorRT does not know the rank yet. */
  shape: z.array(z.number()).nullable(),
  isExecution: z.boolean(),
  isShape: z.boolean(),
});
export type NetworkTensor = z.infer<typeof tensor>;

const layer = z.object({
  index: z.number().int(),
  name: z.string(),
  type: z.string(),
  /** `[ONNX Layer: name]` pieces separated by U+001E; empty on versions without it. */
  metadata: z.string(),
  firstInputIsShape: z.boolean(),
  outputs: z.array(tensor.nullable()),
});
export type NetworkLayer = z.infer<typeof layer>;

/** A parsed network before fusion. */
export const networkSchema = z.object({ inputs: z.array(tensor.nullable()), outputs: z.array(tensor.nullable()), layers: z.array(layer) });
export type NetworkFacts = z.infer<typeof networkSchema>;

/** What a build left on a network: its outputs, and the layers whose precision or output types are set. */
export const networkStateSchema = z.object({
  outputs: z.array(z.string()),
  set: z.array(z.object({ index: z.number().int(), precision: z.string().nullable(), outputs: z.array(z.number().int()) })),
});
export type NetworkState = z.infer<typeof networkStateSchema>;

const features = z.object({
  int8Flag: z.boolean(),
  fp16Flag: z.boolean(),
  calibrators: z.array(z.string()),
  stronglyTyped: z.boolean(),
  stronglyTypedFlag: z.boolean(),
  obeyPrecision: z.boolean(),
  layerPrecision: z.boolean(),
  unfusedDebug: z.boolean(),
  editableTimingCache: z.boolean(),
  errorOnTimingCacheMiss: z.boolean(),
  inspector: z.boolean(),
  versionCompatible: z.boolean(),
  dla: z.boolean(),
  runtimeCache: z.boolean().default(false),
});
export type Features = z.infer<typeof features>;

const memorySchema = z.object({ freeBytes: z.number(), totalBytes: z.number() }).nullable();

export const helloSchema = z.object({
  python: z.string(),
  numpy: z.string(),
  product: z.enum(["TensorRT", "TensorRT for RTX"]).default("TensorRT"),
  tensorrt: z.string(),
  polygraphy: z.string(),
  features,
  /** Why engines cannot run on this machine, though they can be built (TensorRT for RTX). */
  notHere: z.string().nullable().default(null),
  memory: memorySchema,
});
export type Hello = z.infer<typeof helloSchema>;

export const buildSchema = z.object({
  seconds: z.number(),
  sizeBytes: z.number(),
  missingScales: z.array(z.string()),
  degraded: z.array(z.string()),
  warnings: z.array(z.string()),
  calibrationBatches: z.number().int(),
  memory: memorySchema,
});
export type BuildResult = z.infer<typeof buildSchema>;

/** Output k of feed i lies in `<folder>/<first + i>-<k>.npy`. */
export const runSchema = z.object({ names: z.array(z.string()) });
export const latencySchema = z.object({
  graphs: z.array(z.boolean()),
  usedGraphs: z.boolean(),
  launches: z.array(z.number().int().positive()),
  rounds: z.array(z.array(z.number().positive())).min(1),
});
export const nothingSchema = z.object({});
export const pathSchema = z.object({ path: z.string() });

const failure = z.object({
  kind: z.string(),
  message: z.string(),
  detail: z.record(z.string(), z.unknown()),
  lines: z.array(z.string()),
});
export type WorkerFailure = z.infer<typeof failure>;

const message = z.union([
  z.object({ id: z.number(), ok: z.literal(true), result: z.unknown() }),
  z.object({ id: z.number(), ok: z.literal(false), error: failure }),
  z.object({ event: z.string(), level: z.string().optional(), text: z.string().optional() }),
]);
export type WorkerMessage = z.infer<typeof message>;

/** Undefined for a line that is no message of ours: a worker never prints one, so the caller treats it as broken. */
export function parseMessage(line: string): WorkerMessage | undefined {
  try {
    return message.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

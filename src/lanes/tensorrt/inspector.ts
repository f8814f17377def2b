/**
 * Engine inspector JSON of TensorRT 8.6, 10.x and 11.x: engine layers with their nodes and the precision they run in.
 * Every key but `Name` may be missing. Reads; judges no precision.
 */
import { z } from "zod";
import { FileError } from "../../effects/failure.ts";
import type { ExecutedLayer } from "../../model/engine.ts";

const tensor = z.looseObject({
  Name: z.string().optional(),
  "Format/Datatype": z.string().optional(),
  Format: z.string().optional(),
  Datatype: z.string().optional(),
});
const layer = z.looseObject({
  Name: z.string(),
  LayerType: z.string().optional(),
  Inputs: z.array(tensor).optional(),
  Outputs: z.array(tensor).optional(),
  Metadata: z.string().optional(),
});
const whole = z.looseObject({
  Layers: z.array(z.union([z.string(), layer])),
  Bindings: z.array(z.string()).optional(),
  "I/O Tensors": z.array(z.looseObject({ Name: z.string() })).optional(),
});

export interface InspectorFacts {
  readonly layers: readonly ExecutedLayer[];
  readonly bindings: readonly string[];
}

/** FileError for text that is no inspector JSON. Layers given as plain names (verbosity below DETAILED) have an empty precision. */
export function parseInspector(text: string, file: string): InspectorFacts {
  const read = whole.safeParse(parse(text, file));
  if (!read.success) throw new FileError(file, "is no engine inspector JSON. Write it with profiling verbosity DETAILED.");
  const { Layers, Bindings } = read.data;
  return {
    layers: Layers.map((one) => (typeof one === "string" ? { layer: one, nodes: [], precision: "", layerType: "" } : executed(one))),
    bindings: Bindings ?? (read.data["I/O Tensors"] ?? []).map((one) => one.Name),
  };
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FileError(file, `is no JSON (${error instanceof Error ? error.message : String(error)}). Write it again.`);
  }
}

/** The precision of a layer is that of its data input: a layer that reads INT8 and writes float runs in INT8. */
function executed(one: z.infer<typeof layer>): ExecutedLayer {
  const nodes = (one.Metadata ?? "").split("\u001e").flatMap((piece) => /^\[ONNX Layer: (.*)\]$/s.exec(piece)?.[1] ?? []);
  return { layer: one.Name, nodes, precision: precisionOf(one.Inputs?.[0] ?? one.Outputs?.[0]), layerType: one.LayerType ?? "" };
}

/** The type is a word in prose: "Thirty-two wide channel vectorized row major Int8 format", "Row major linear FP32", "Half". */
function precisionOf(one: z.infer<typeof tensor> | undefined): string {
  const prose = `${one?.["Format/Datatype"] ?? ""} ${one?.Datatype ?? ""}`;
  const words: readonly (readonly [RegExp, string])[] = [
    [/int8/i, "INT8"],
    [/fp16|half/i, "FP16"],
    [/bf16|bfloat16/i, "BF16"],
    [/fp8|float8|e4m3/i, "FP8"],
    [/fp4|float4|e2m1/i, "FP4"],
    [/int4/i, "INT4"],
    [/fp32|float/i, "FP32"],
    [/int32/i, "INT32"],
    [/int64/i, "INT64"],
    [/bool/i, "BOOL"],
  ];
  return words.find(([word]) => word.test(prose))?.[1] ?? "";
}

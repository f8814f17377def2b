/**
 * Reads an ONNX file: refuses Git LFS pointers and damaged data with a place, then checks the graph.
 * Never follows external data; stage.ts decides about it before this is called for a file from outside.
 */
import { basename, dirname } from "node:path";
import { fromBinary } from "@bufbuild/protobuf";
import type { Files } from "../effects/effects.ts";
import { ConfigError, FileError } from "../effects/failure.ts";
import { isLfsPointer, pointerFault } from "../effects/lfs-pointer.ts";
import { checkGraph } from "./check.ts";
import { ModelProtoSchema } from "./gen/onnx-ml_pb.js";
import { inlineFunctions } from "./inline.ts";
import { leaveWeights } from "./leave-weights.ts";
import type { ModelProto, OnnxModel } from "./model.ts";
import { settleStorage } from "./storage.ts";
import { maxMessageBytes, validateWire } from "./wire.ts";

/** Where large weights are after reading: in memory, for an edit that is written again, or left in the file and read when needed. */
export type WeightsAfterReading = "in-memory" | "left-in-file";

export interface Reading {
  /** "in-memory" where it is left out. */
  readonly weights?: WeightsAfterReading;
  /** What messages call the file: the path where it is left out. */
  readonly shownAs?: string | undefined;
}

/** ConfigError: missing file, LFS pointer, a graph that cannot run. FileError: damaged bytes, with the offset. */
export async function readModel(path: string, files: Files, { weights = "in-memory", shownAs = path }: Reading = {}): Promise<OnnxModel> {
  const bytes = await modelBytes(path, files, shownAs);
  const model = parseModel(bytes, path, shownAs);
  if (weights === "left-in-file") leaveWeights(model.proto, bytes, model.ownFile);
  return model;
}

/** The whole file, as a plain view: the `slice` of a Buffer would be a view as well. */
export async function modelBytes(path: string, files: Files, shownAs: string = path): Promise<Uint8Array> {
  const stat = await files.stat(path);
  if (stat?.kind !== "file") throw new ConfigError(`The model '${shownAs}' does not exist. Check its path.`);
  if (stat.sizeBytes > maxMessageBytes) {
    throw new FileError(shownAs, `is ${stat.sizeBytes} bytes; a single ONNX file ends at 2 GiB. Save the weights as external data.`);
  }
  const bytes = await files.readBytes(path);
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The bytes stay referenced by the result: weights are views of them. */
export const parseModel = (bytes: Uint8Array, path: string, shownAs: string = path): OnnxModel =>
  openProto(parseProto(bytes, shownAs), path, shownAs);

/** What the file says, word for word: its functions are still there. `shownAs`: what messages call the file. */
export function parseProto(bytes: Uint8Array, shownAs: string): ModelProto {
  refuseLfsPointer(bytes, shownAs);
  validateWire(bytes, ModelProtoSchema, shownAs);
  return decode(bytes, shownAs);
}

/** The one graph that everything else works on: functions are inlined, and it can run. Changes `proto`. */
export function openProto(proto: ModelProto, path: string, shownAs: string = path): OnnxModel {
  if (proto.graph === undefined) throw new FileError(shownAs, "holds no graph. Export the model again.", 0);
  inlineFunctions(proto, shownAs);
  const model = { file: shownAs, ownFile: basename(path), folder: dirname(path), proto, graph: proto.graph };
  checkGraph(model);
  settleStorage(proto, shownAs);
  return model;
}

function decode(bytes: Uint8Array, path: string) {
  try {
    return fromBinary(ModelProtoSchema, bytes);
  } catch (error) {
    throw new FileError(
      path,
      `is no valid ONNX file (${error instanceof Error ? error.message : String(error)}). Export or download the model again.`,
      0,
    );
  }
}

function refuseLfsPointer(bytes: Uint8Array, path: string): void {
  if (isLfsPointer(bytes)) throw new ConfigError(pointerFault(`'${path}'`));
}

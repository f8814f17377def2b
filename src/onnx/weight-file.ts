/**
 * Keeps large weights out of the many small models that are derived from one: they are written once, aligned, beside the staged model,
 * and every derived model points at them. Values are produced while the file is written, one tensor at a time.
 */
import { randomUUID } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import type { Files } from "../effects/effects.ts";
import { isExternal, isFloatTensor, rawBytes, storedBytes } from "./constants.ts";
import { TensorProtoSchema } from "./gen/onnx-ml_pb.js";
import { liesInModel } from "./leave-weights.ts";
import { DataLocation, type TensorProto, tensorShape } from "./model.ts";
import type { Network } from "./network.ts";

/** ONNX Runtime maps external weights into memory only where their offset lies on a page. */
const alignment = 4096;
/** Smaller tensors stay inside the model: shape inference reads them. */
const inlineBytes = 4096;

export interface WeightFile {
  /** A tensor whose bytes `produce` gives later (or now, for a small one). */
  place(tensor: WeightPlace): Promise<TensorProto>;
  write(files: Files): Promise<void>;
  /** For a file that no session reads any more. */
  remove(files: Files): Promise<void>;
}

export interface WeightPlace {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dataType: number;
  readonly sizeBytes: number;
  readonly produce: () => Promise<Uint8Array>;
}

/**
 * A new file in `folder`; nothing is written before `write`. Its name is never used twice: sessions of another candidate of the same
 * model may still have theirs mapped into memory.
 */
export function weightFile(folder: string, purpose: string): WeightFile {
  const fileName = `trt-gate-${purpose}-${randomUUID()}.bin`;
  const path = `${folder}/${fileName}`;
  const entries: { offset: number; place: WeightPlace }[] = [];
  let end = 0;
  return {
    place: async (place) => {
      const base = { name: place.name, dims: place.shape.map(BigInt), dataType: place.dataType };
      if (place.sizeBytes <= inlineBytes) return create(TensorProtoSchema, { ...base, rawData: await place.produce() });
      const offset = Math.ceil(end / alignment) * alignment;
      entries.push({ offset, place });
      end = offset + place.sizeBytes;
      const externalData = [entry("location", fileName), entry("offset", String(offset)), entry("length", String(place.sizeBytes))];
      return create(TensorProtoSchema, { ...base, dataLocation: DataLocation.EXTERNAL, externalData });
    },
    write: async (files) => {
      if (entries.length > 0) await files.writeBytes(path, chunks(entries));
    },
    remove: async (files) => {
      if (entries.length > 0) await files.remove(path);
    },
  };
}

const entry = (key: string, value: string) => ({ $typeName: "onnx.StringStringEntryProto" as const, key, value });

async function* chunks(entries: readonly { offset: number; place: WeightPlace }[]): AsyncIterable<Uint8Array> {
  let at = 0;
  for (const { offset, place } of entries) {
    if (offset > at) yield new Uint8Array(offset - at);
    const bytes = await place.produce();
    if (bytes.length !== place.sizeBytes) throw new Error(`tensor '${place.name}' gave ${bytes.length} of ${place.sizeBytes} bytes`);
    yield bytes;
    at = offset + bytes.length;
  }
}

/**
 * The network with its large float constants moved to `weights`, and whatever was left in the model's own file: there it is not aligned.
 * Those that are in other files already stay there.
 */
export async function externalize(network: Network, weights: WeightFile, files: Files): Promise<Network> {
  const constants = new Map(network.constants);
  for (const [name, tensor] of network.constants) {
    const sizeBytes = storedBytes(tensor) ?? 0;
    const inModel = liesInModel(tensor, network.ownFile);
    if ((isExternal(tensor) && !inModel) || sizeBytes <= inlineBytes || !(isFloatTensor(tensor) || inModel)) continue;
    const place = { name, shape: tensorShape(tensor), dataType: tensor.dataType, sizeBytes };
    constants.set(name, await weights.place({ ...place, produce: () => rawBytes(tensor, network.folder, files) }));
  }
  return { ...network, constants };
}

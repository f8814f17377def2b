/** Writes tensors as an `.npz` that numpy reads: a zip of stored `.npy` members. Reading is npz.ts. */
import { crc32 } from "node:zlib";
import type { Tensor } from "../model/tensor.ts";
import { writeNpy } from "./npy.ts";

const localHeader = 0x04034b50;
const centralHeader = 0x02014b50;
const endOfDirectory = 0x06054b50;
const utf8Names = 0x0800;
const version = 20;

/** Members are `<tensor name>.npy`, in order. For small results: everything is built in memory, below 4 GiB. */
export function writeNpz(tensors: readonly Tensor[]): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const tensor of tensors) {
    const body = writeNpy(tensor);
    const name = Buffer.from(`${tensor.name}.npy`, "utf8");
    const about = [version, utf8Names, 0, 0, 0x21, crc32(body), body.length, body.length, name.length, 0] as const;
    parts.push(fields([localHeader], about), name, body);
    directory.push(fields([centralHeader], [version], about, [0, 0, 0, 0, offset]), name);
    offset += 30 + name.length + body.length;
  }
  const directorySize = directory.reduce((sum, part) => sum + part.length, 0);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(endOfDirectory, 0);
  end.writeUInt16LE(tensors.length, 8);
  end.writeUInt16LE(tensors.length, 10);
  end.writeUInt32LE(directorySize, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, ...directory, end]);
}

/** A header: its signature, then its fields in the widths of the format. */
function fields(...groups: readonly (readonly number[])[]): Uint8Array {
  const [signature = [], ...rest] = groups;
  const values = rest.flat();
  const widths = rest.length === 1 ? localWidths : centralWidths;
  const bytes = Buffer.alloc(4 + widths.reduce((sum, width) => sum + width, 0));
  bytes.writeUInt32LE(signature[0] ?? 0, 0);
  let at = 4;
  for (const [i, width] of widths.entries()) {
    bytes.writeUIntLE(values[i] ?? 0, at, width);
    at += width;
  }
  return bytes;
}

// Version, flags, method, time, date, CRC, both sizes, lengths of name and extra field.
const localWidths = [2, 2, 2, 2, 2, 4, 4, 4, 2, 2];
// The same with the writer's version before them; then comment length, disk, internal and external attributes, offset.
const centralWidths = [2, ...localWidths, 2, 2, 2, 4, 4];

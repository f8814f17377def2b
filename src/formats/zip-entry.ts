/**
 * The unpacked bytes of one ZIP entry, streamed and never written to disk. Size, ratio and checksum are checked while reading;
 * `verifyEntry` does it once for the whole entry before any of it is believed.
 */
import { Readable } from "node:stream";
import { crc32, createInflateRaw } from "node:zlib";
import type { FileReader } from "../effects/effects.ts";
import { FileError } from "../effects/failure.ts";
import { forwardReader, sliceReader } from "./forward-reader.ts";
import type { ZipEntry } from "./zip-directory.ts";

const chunkBytes = 256 * 1024;
/** Deflate reaches 1032; beyond 1000 after 10 MB it is a bomb. */
const maxRatio = 1000;
const ratioFreeBytes = 10 * 2 ** 20;

/** Reads the whole entry once. Throws FileError when its real size, ratio or checksum is not as declared. */
export async function verifyEntry(reader: FileReader, entry: ZipEntry, file: string): Promise<void> {
  let checksum = 0;
  let size = 0;
  for await (const chunk of unpack(reader, entry, file)) {
    checksum = crc32(chunk, checksum);
    size += chunk.length;
  }
  if (size !== entry.sizeBytes) throw refusal(file, entry, `it declares ${entry.sizeBytes} bytes and holds ${size}`);
  if (checksum !== entry.crc32) throw refusal(file, entry, "its checksum is wrong; the file is damaged");
}

/** Random access to the unpacked bytes; reading backwards in a deflated entry starts it again. */
export const openEntry = (reader: FileReader, entry: ZipEntry, file: string): FileReader =>
  entry.method === "stored"
    ? sliceReader(reader, entry.dataStart, entry.storedBytes)
    : forwardReader(entry.sizeBytes, () => unpack(reader, entry, file));

async function* unpack(reader: FileReader, entry: ZipEntry, file: string): AsyncGenerator<Uint8Array> {
  const packed = readRange(reader, entry.dataStart, entry.storedBytes);
  if (entry.method === "stored") return yield* packed;
  const inflate = createInflateRaw({ chunkSize: chunkBytes });
  const source = Readable.from(packed, { objectMode: false, highWaterMark: chunkBytes });
  source.once("error", (error) => inflate.destroy(error));
  source.pipe(inflate);
  let size = 0;
  try {
    for await (const chunk of inflate) {
      const bytes = new Uint8Array(chunk);
      size += bytes.length;
      if (size > entry.sizeBytes) throw refusal(file, entry, `it holds more than the ${entry.sizeBytes} bytes it declares`);
      if (size > ratioFreeBytes && size > maxRatio * entry.storedBytes)
        throw refusal(file, entry, `it unpacks to more than ${maxRatio} times its size`);
      yield bytes;
    }
  } catch (error) {
    if (error instanceof FileError) throw error;
    throw refusal(file, entry, `it cannot be unpacked (${error instanceof Error ? error.message : String(error)})`);
  } finally {
    source.destroy();
    inflate.destroy();
  }
}

async function* readRange(reader: FileReader, start: number, length: number): AsyncGenerator<Uint8Array> {
  for (let done = 0; done < length; ) {
    const chunk = await reader.read(start + done, Math.min(chunkBytes, length - done));
    if (chunk.length === 0) return;
    done += chunk.length;
    yield chunk;
  }
}

const refusal = (file: string, entry: ZipEntry, why: string) =>
  new FileError(file, `entry "${entry.name.slice(0, 200)}" is refused: ${why}.`, entry.dataStart);

/**
 * Random access over bytes that can only be produced from their beginning (a deflated entry, a list of numbers, escaped text).
 * Reading on is cheap, reading back starts again. Nothing before the wanted range is kept.
 */
import type { FileReader } from "../effects/effects.ts";

/** `produce` starts the bytes from their beginning each time; `sizeBytes` is how many it gives. */
export function forwardReader(sizeBytes: number, produce: () => AsyncIterable<Uint8Array>): FileReader {
  let stream: AsyncIterator<Uint8Array> | undefined;
  let chunk = new Uint8Array(0);
  let chunkStart = 0;

  const restart = async () => {
    await stream?.return?.();
    stream = produce()[Symbol.asyncIterator]();
    chunk = new Uint8Array(0);
    chunkStart = 0;
  };
  const next = async (): Promise<boolean> => {
    const step = await stream?.next();
    chunkStart += chunk.length;
    chunk = new Uint8Array(0);
    if (!step || step.done) return false;
    chunk = new Uint8Array(step.value);
    return true;
  };

  return {
    sizeBytes,
    read: async (position, length) => {
      if (!stream || position < chunkStart) await restart();
      const result = new Uint8Array(Math.max(0, Math.min(length, sizeBytes - position)));
      let filled = 0;
      while (filled < result.length) {
        const from = position + filled - chunkStart;
        if (from >= chunk.length) {
          if (!(await next())) break;
          continue;
        }
        const part = chunk.subarray(from, from + result.length - filled);
        result.set(part, filled);
        filled += part.length;
      }
      return result.subarray(0, filled);
    },
    close: async () => {
      await stream?.return?.();
      stream = undefined;
    },
  };
}

/** A part of a reader as a reader of its own. Closing it closes nothing. */
export function sliceReader(reader: FileReader, start: number, length: number): FileReader {
  return {
    sizeBytes: length,
    read: (position, wanted) => reader.read(start + position, Math.max(0, Math.min(wanted, length - position))),
    close: async () => {},
  };
}

/** Each read is a copy; ranges beyond the end are cut. */
export function memoryReader(bytes: Uint8Array): FileReader {
  return { sizeBytes: bytes.length, read: async (position, length) => bytes.slice(position, position + length), close: async () => {} };
}

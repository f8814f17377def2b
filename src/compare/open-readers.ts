/** One reader a file, opened when first asked for and closed together. At most a few stay open: a folder may hold thousands of files. */
import type { Files } from "../effects/effects.ts";
import type { RangeReader } from "../formats/range-reader.ts";

const mostOpen = 64;

/** At most 64 stay open, the ones that were asked for last; a reader may be closed by the next `open`. `open` rejects as `files.open` does. */
export function openReaders(files: Files): { open(file: string): Promise<RangeReader>; close(): Promise<void> } {
  const readers = new Map<string, Promise<RangeReader>>();
  return {
    open: async (file) => {
      const reader = readers.get(file) ?? files.open(file);
      readers.delete(file);
      readers.set(file, reader);
      const [oldest] = readers.keys();
      if (readers.size > mostOpen && oldest !== undefined) {
        const old = readers.get(oldest);
        readers.delete(oldest);
        await (await old)?.close();
      }
      return reader;
    },
    close: async () => {
      const open = [...readers.values()];
      readers.clear();
      // What failed to open holds nothing, and leaves the others to be closed.
      await Promise.all(open.map((reader) => reader.then((one) => one.close(), noReader)));
    },
  };
}

const noReader = (): void => undefined;

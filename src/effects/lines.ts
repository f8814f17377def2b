/** Cuts a byte stream into lines without ever holding more than a bound: one endless line costs 4 KB, not memory. */

const maxLineBytes = 4096;

/** Gives complete lines to `onLine` (bad UTF-8 becomes U+FFFD, CR before LF is dropped); `end()` flushes the rest. */
export function lineSplitter(
  onLine: (line: string) => void,
  limitBytes: number = maxLineBytes,
): { push(chunk: Uint8Array): void; end(): void } {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  const keep = (piece: Uint8Array) => {
    const room = limitBytes - heldBytes;
    if (room <= 0 || piece.length === 0) return;
    held.push(piece.length > room ? piece.slice(0, room) : piece.slice());
    heldBytes += Math.min(room, piece.length);
  };
  const flush = () => {
    const line = Buffer.concat(held).toString("utf8");
    held = [];
    heldBytes = 0;
    onLine(line.endsWith("\r") ? line.slice(0, -1) : line);
  };
  return {
    push(chunk) {
      let start = 0;
      for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, start)) {
        keep(chunk.subarray(start, at));
        flush();
        start = at + 1;
      }
      keep(chunk.subarray(start));
    },
    end() {
      if (heldBytes > 0) flush();
    },
  };
}

/** The last `count` lines of what passes through. */
export function tailKeeper(count: number): { add(line: string): void; lines(): string[] } {
  const ring: string[] = [];
  return {
    add(line) {
      ring.push(line);
      if (ring.length > count) ring.shift();
    },
    lines: () => [...ring],
  };
}

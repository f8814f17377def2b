/** A file read by position, also into memory of the caller's. Only types. */
import type { FileReader } from "../effects/effects.ts";

/** A reader that can also fill memory of the caller's, at once. Gives the number of bytes. */
export interface RangeReader extends FileReader {
  readInto?(target: Uint8Array, position: number): number;
}

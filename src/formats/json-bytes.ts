/**
 * The bytes of a JSON file, one chunk in memory at a time, with the file offset of each.
 * Knows strings, numbers and words; what they mean is json-reader.ts. Long texts and lists stay in the file: only where they stand is remembered.
 */

import { FileError } from "../effects/failure.ts";
import type { RangeReader } from "./range-reader.ts";

/** A string value too long to keep: its bytes between the quotes. `head` and `tail` are the first and last of them. */
export interface LongText {
  readonly kind: "text";
  readonly start: number;
  readonly length: number;
  readonly escaped: boolean;
  readonly head: string;
  readonly tail: string;
}

/** A long list of bare numbers: the bytes between the brackets. */
export interface NumberList {
  readonly kind: "numbers";
  readonly start: number;
  readonly length: number;
  readonly count: number;
}

const chunkBytes = 256 * 1024;
/** Longer strings stay in the file. */
export const shortTextBytes = 1024;
const headBytes = 512;
const [quote, backslash, comma, closeBracket, space] = [0x22, 0x5c, 0x2c, 0x5d, 0x20];

export class JsonBytes {
  readonly file: string;
  private readonly reader: RangeReader;
  private readonly onBytes: ((done: number) => void) | undefined;
  private chunk: Buffer = Buffer.alloc(0);
  private memory: Buffer | undefined;
  private chunkStart = 0;
  private at = 0;

  constructor(reader: RangeReader, file: string, onBytes?: (done: number) => void) {
    this.reader = reader;
    this.file = file;
    this.onBytes = onBytes;
  }

  get offset(): number {
    return this.chunkStart + this.at;
  }

  fail(why: string, offset = this.offset): never {
    throw new FileError(this.file, `${why}. Save the file again.`, offset);
  }

  /** The next byte without taking it, white space skipped; -1 at the end of the file. */
  async peek(): Promise<number> {
    for (;;) {
      while (this.at < this.chunk.length) {
        const byte = this.chunk[this.at] ?? 0;
        if (byte !== space && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return byte;
        this.at++;
      }
      if (!(await this.nextChunk())) return -1;
    }
  }

  skip(): void {
    this.at++;
  }

  /** After the opening quote; takes the closing one. Text up to `keepBytes` comes back decoded. */
  async text(keepBytes: number): Promise<string | LongText> {
    const start = this.offset;
    const kept: Buffer[] = [];
    let keptBytes = 0;
    let escaped = false;
    let tail = "";
    const keep = (part: Buffer) => {
      if (keptBytes <= Math.max(keepBytes, headBytes)) kept.push(Buffer.from(part.subarray(0, Math.max(keepBytes, headBytes) + 1)));
      keptBytes += part.length;
      if (part.length > 0) tail = (tail + part.subarray(-2).toString("latin1")).slice(-2);
    };
    let close = -1;
    for (;;) {
      // Searched anew only when passed or in the next chunk: a text full of escapes would otherwise be searched once for each of them.
      if (close < this.at) close = this.closingQuote();
      const end = Math.min(close, this.chunk.length);
      const mark = this.chunk.subarray(this.at, end).indexOf(backslash);
      if (mark >= 0) {
        escaped = true;
        keep(this.chunk.subarray(this.at, this.at + mark + 1));
        this.at += mark + 1;
        if (this.at >= this.chunk.length) {
          close = -1;
          if (!(await this.nextChunk())) this.fail("the file ends inside a text");
        }
        keep(this.chunk.subarray(this.at, this.at + 1));
        this.at++;
        continue;
      }
      keep(this.chunk.subarray(this.at, end));
      this.at = end;
      if (close < this.chunk.length) break;
      close = -1;
      if (!(await this.nextChunk())) this.fail("the file ends inside a text");
    }
    const length = this.offset - start;
    this.at++;
    const bytes = Buffer.concat(kept);
    if (length <= keepBytes) return this.decode(bytes, escaped, start);
    return { kind: "text", start, length, escaped, head: bytes.subarray(0, headBytes).toString("latin1"), tail };
  }

  /** Infinity where this chunk has no further quote. */
  private closingQuote(): number {
    const found = this.chunk.indexOf(quote, this.at);
    return found < 0 ? Number.POSITIVE_INFINITY : found;
  }

  private decode(bytes: Buffer, escaped: boolean, start: number): string {
    try {
      const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
      if (/[\u0000-\u001f]/.test(text)) return this.fail("a raw control character stands inside a text", start);
      return escaped ? String(JSON.parse(`"${text}"`)) : text;
    } catch (error) {
      if (error instanceof FileError) throw error;
      return this.fail("a text is no UTF-8 or holds a wrong escape", start);
    }
  }

  /** A number or a word such as `null`, up to 40 characters. */
  async word(): Promise<string> {
    let word = "";
    for (;;) {
      while (this.at < this.chunk.length) {
        const byte = this.chunk[this.at] ?? 0;
        if (!isWordByte(byte)) return word;
        word += String.fromCharCode(byte);
        if (word.length > 40) this.fail("a number or word is longer than 40 characters");
        this.at++;
      }
      if (!(await this.nextChunk())) return word;
    }
  }

  /** From the first number of a list up to its closing bracket, which is taken. Only counts; checks that nothing but numbers stand there. */
  async numbers(): Promise<NumberList> {
    const start = this.offset;
    let count = 1;
    for (;;) {
      while (this.at < this.chunk.length) {
        const byte = this.chunk[this.at] ?? 0;
        if (byte === closeBracket) {
          const length = this.offset - start;
          this.at++;
          return { kind: "numbers", start, length, count };
        }
        if (byte === comma) count++;
        else if (!isWordByte(byte) && byte !== space && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)
          this.fail("a list of numbers holds something else");
        this.at++;
      }
      if (!(await this.nextChunk())) this.fail("the file ends inside a list of numbers");
    }
  }

  private async nextChunk(): Promise<boolean> {
    const start = this.chunkStart + this.chunk.length;
    const bytes = await this.readChunk(start);
    this.at = this.at - this.chunk.length;
    this.chunkStart = start;
    this.chunk = bytes;
    this.onBytes?.(bytes.length);
    return bytes.length > 0;
  }

  /** Into the same memory again where the reader can: nothing of the last chunk is kept but copies. */
  private async readChunk(start: number): Promise<Buffer> {
    if (!this.reader.readInto) return Buffer.from(await this.reader.read(start, chunkBytes));
    this.memory ??= Buffer.alloc(chunkBytes);
    return this.memory.subarray(0, this.reader.readInto(this.memory, start));
  }
}

/** Letters, digits, sign and point. */
const isWordByte = (byte: number) =>
  (byte >= 0x30 && byte <= 0x39) ||
  (byte >= 0x61 && byte <= 0x7a) ||
  (byte >= 0x41 && byte <= 0x5a) ||
  byte === 0x2d ||
  byte === 0x2e ||
  byte === 0x2b;

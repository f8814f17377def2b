/**
 * The list of entries of a ZIP archive, with everything about it that could harm refused before one byte is unpacked:
 * too many entries, names that leave the archive, encryption, unknown methods, entries that share bytes.
 */

import type { FileReader } from "../effects/effects.ts";
import { FileError } from "../effects/failure.ts";

export interface ZipEntry {
  readonly name: string;
  readonly method: "stored" | "deflated";
  readonly crc32: number;
  readonly storedBytes: number;
  /** As declared; zip-entry.ts checks it while reading. */
  readonly sizeBytes: number;
  /** File offsets of the entry's local header and of its data. */
  readonly headerStart: number;
  readonly dataStart: number;
}

const maxEntries = 10_000;
/** One unpacked entry may declare this much. */
const maxEntryBytes = 64 * 2 ** 30;

/** Throws FileError naming the entry. Reads only the directory and each entry's local header. */
export async function readZipDirectory(reader: FileReader, file: string): Promise<ZipEntry[]> {
  const { count, start, length } = await findDirectory(reader, file);
  if (count > maxEntries)
    throw new FileError(file, `the archive has ${count} entries, more than ${maxEntries}. Save fewer arrays in one file.`);
  if (start + length > reader.sizeBytes) throw new FileError(file, "the archive's directory lies outside the file. Save it again.", start);
  const central = parseCentral(await reader.read(start, length), count, file, start);
  const entries: ZipEntry[] = [];
  for (const record of central) entries.push(await locate(reader, file, record));
  checkOverlap(entries, start, file);
  return entries;
}

interface CentralRecord extends Omit<ZipEntry, "dataStart"> {
  readonly nameBytes: Uint8Array;
}

async function findDirectory(reader: FileReader, file: string): Promise<{ count: number; start: number; length: number }> {
  const tailStart = Math.max(0, reader.sizeBytes - 65_557);
  const tail = await reader.read(tailStart, reader.sizeBytes - tailStart);
  const view = viewOf(tail);
  for (let at = tail.length - 22; at >= 0; at--) {
    if (view.getUint32(at, true) !== 0x06054b50 || at + 22 + view.getUint16(at + 20, true) !== tail.length) continue;
    if (view.getUint16(at + 4, true) !== view.getUint16(at + 6, true))
      throw new FileError(file, "archives in several parts are refused. Save one file.", tailStart + at);
    const plain = { count: view.getUint16(at + 10, true), length: view.getUint32(at + 12, true), start: view.getUint32(at + 16, true) };
    const wide = plain.count === 0xffff || plain.length === 0xffffffff || plain.start === 0xffffffff;
    return wide ? findWideDirectory(reader, file, tailStart + at) : plain;
  }
  throw new FileError(file, "no end of a ZIP archive is there: the file is cut off or no archive. Save it again.", reader.sizeBytes);
}

/** ZIP64: a locator of 20 bytes stands right before the plain end record. */
async function findWideDirectory(reader: FileReader, file: string, endRecord: number) {
  const locator = await reader.read(Math.max(0, endRecord - 20), 20);
  if (endRecord < 20 || locator.length < 20 || viewOf(locator).getUint32(0, true) !== 0x07064b50)
    throw new FileError(file, "the ZIP64 locator is missing. Save the file again.", endRecord);
  const at = Number(viewOf(locator).getBigUint64(8, true));
  const record = await reader.read(at, 56);
  if (record.length < 56 || viewOf(record).getUint32(0, true) !== 0x06064b50)
    throw new FileError(file, "the ZIP64 end record is missing. Save the file again.", at);
  const view = viewOf(record);
  return {
    count: Number(view.getBigUint64(32, true)),
    length: Number(view.getBigUint64(40, true)),
    start: Number(view.getBigUint64(48, true)),
  };
}

function parseCentral(bytes: Uint8Array, count: number, file: string, place: number): CentralRecord[] {
  const view = viewOf(bytes);
  const records: CentralRecord[] = [];
  const names = new Set<string>();
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== 0x02014b50)
      throw new FileError(file, `the archive's directory is damaged at entry ${i}. Save it again.`, place + at);
    const [nameLength, extraLength, commentLength] = [
      view.getUint16(at + 28, true),
      view.getUint16(at + 30, true),
      view.getUint16(at + 32, true),
    ];
    const end = at + 46 + nameLength + extraLength + commentLength;
    if (end > bytes.length) throw new FileError(file, `the archive's directory is cut off at entry ${i}. Save it again.`, place + at);
    const nameBytes = bytes.subarray(at + 46, at + 46 + nameLength);
    const name = new TextDecoder().decode(nameBytes);
    const refuse = (why: string): never => {
      throw new FileError(file, `entry "${name.slice(0, 200)}" is refused: ${why}. Save the file again with numpy.savez.`, place + at);
    };
    checkName(name, refuse);
    if (names.has(name)) refuse("the name stands twice");
    names.add(name);
    if (view.getUint16(at + 8, true) & 0x2041) refuse("it is encrypted");
    const wide = wideFields(view, at, nameLength, extraLength);
    const method = view.getUint16(at + 10, true);
    if (method !== 0 && method !== 8) refuse(`its compression method is ${method}; only stored (0) and deflate (8) are read`);
    if (wide.sizeBytes > maxEntryBytes) refuse(`it declares ${wide.sizeBytes} bytes, more than ${maxEntryBytes}`);
    if (method === 0 && wide.sizeBytes !== wide.storedBytes) refuse("a stored entry has two sizes");
    records.push({ name, nameBytes, method: method === 0 ? "stored" : "deflated", crc32: view.getUint32(at + 16, true), ...wide });
    at = end;
  }
  return records;
}

/** Sizes and offset, taken from the ZIP64 extra field (id 1) where the plain field is all ones. */
function wideFields(view: DataView, at: number, nameLength: number, extraLength: number) {
  let [storedBytes, sizeBytes, headerStart] = [view.getUint32(at + 20, true), view.getUint32(at + 24, true), view.getUint32(at + 42, true)];
  const extraEnd = at + 46 + nameLength + extraLength;
  for (let field = at + 46 + nameLength; field + 4 <= extraEnd; field += 4 + view.getUint16(field + 2, true)) {
    if (view.getUint16(field, true) !== 1) continue;
    let next = field + 4;
    const fieldEnd = Math.min(extraEnd, next + view.getUint16(field + 2, true));
    const take = (plain: number): number => {
      if (plain !== 0xffffffff || next + 8 > fieldEnd) return plain;
      next += 8;
      return Number(view.getBigUint64(next - 8, true));
    };
    sizeBytes = take(sizeBytes);
    storedBytes = take(storedBytes);
    headerStart = take(headerStart);
  }
  return { storedBytes, sizeBytes, headerStart };
}

function checkName(name: string, refuse: (why: string) => never): void {
  if (name === "" || name.includes("\0")) refuse("its name is empty or holds a NUL");
  if (/^[/\\]|^[A-Za-z]:/.test(name)) refuse("its name is an absolute path");
  if (name.split(/[/\\]/).includes("..")) refuse("its name leaves the archive");
}

async function locate(reader: FileReader, file: string, record: CentralRecord): Promise<ZipEntry> {
  const { nameBytes, ...entry } = record;
  const { headerStart } = entry;
  const header = await reader.read(headerStart, 30 + nameBytes.length);
  const view = viewOf(header);
  const sound =
    header.length === 30 + nameBytes.length && view.getUint32(0, true) === 0x04034b50 && view.getUint16(26, true) === nameBytes.length;
  if (!sound || !nameBytes.every((byte, i) => header[30 + i] === byte))
    throw new FileError(file, `entry "${entry.name}" does not start where the directory says. Save it again.`, headerStart);
  return { ...entry, dataStart: headerStart + 30 + nameBytes.length + view.getUint16(28, true) };
}

/** Two entries on the same bytes are how a small archive unpacks to petabytes. */
function checkOverlap(entries: readonly ZipEntry[], directoryStart: number, file: string): void {
  let end = 0;
  for (const entry of entries.toSorted((a, b) => a.headerStart - b.headerStart)) {
    if (entry.headerStart < end)
      throw new FileError(
        file,
        `entry "${entry.name}" is refused: it shares bytes with another entry. Save the file again with numpy.savez.`,
        entry.dataStart,
      );
    end = entry.dataStart + entry.storedBytes;
    if (end > directoryStart)
      throw new FileError(
        file,
        `entry "${entry.name}" is refused: it reaches into the directory. Save the file again with numpy.savez.`,
        entry.dataStart,
      );
  }
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

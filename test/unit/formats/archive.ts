/** ZIP archives byte by byte, with every field open to lies. */
import { crc32, deflateRawSync } from "node:zlib";

export interface Member {
  readonly name: string;
  readonly content: Uint8Array;
  readonly deflate?: boolean;
  /** Fields of the central record that differ from the truth. */
  readonly lies?: { readonly sizeBytes?: number; readonly crc32?: number; readonly method?: number; readonly flags?: number };
  /** Central record without a body of its own: points at the body of this member. */
  readonly bodyOf?: number;
  readonly zip64?: boolean;
}

export function makeZip(members: readonly Member[], lies: { readonly count?: number } = {}): Uint8Array {
  const parts: Uint8Array[] = [];
  const starts: number[] = [];
  let at = 0;
  const add = (bytes: Uint8Array) => {
    parts.push(bytes);
    at += bytes.length;
  };
  for (const member of members) {
    if (member.bodyOf !== undefined) {
      starts.push(starts[member.bodyOf] ?? 0);
      continue;
    }
    starts.push(at);
    add(localHeader(member));
    add(packed(member));
  }
  const directory = at;
  for (const [i, member] of members.entries()) add(centralRecord(member, starts[i] ?? 0));
  add(endRecord(lies.count ?? members.length, directory, at - directory));
  return Uint8Array.from(Buffer.concat(parts));
}

const packed = ({ content, deflate }: Member): Uint8Array => (deflate ? deflateRawSync(content) : content);
const method = ({ deflate, lies }: Member): number => lies?.method ?? (deflate ? 8 : 0);

function localHeader(member: Member): Uint8Array {
  const name = Buffer.from(member.name);
  const head = Buffer.alloc(30);
  head.writeUInt32LE(0x04034b50, 0);
  head.writeUInt16LE(member.lies?.flags ?? 0, 6);
  head.writeUInt16LE(method(member), 8);
  head.writeUInt32LE(crc32(member.content), 14);
  head.writeUInt32LE(packed(member).length, 18);
  head.writeUInt32LE(member.content.length, 22);
  head.writeUInt16LE(name.length, 26);
  return Buffer.concat([head, name]);
}

function centralRecord(member: Member, start: number): Uint8Array {
  const name = Buffer.from(member.name);
  const record = Buffer.alloc(46);
  const sizes = { stored: packed(member).length, size: member.lies?.sizeBytes ?? member.content.length };
  record.writeUInt32LE(0x02014b50, 0);
  record.writeUInt16LE(member.lies?.flags ?? 0, 8);
  record.writeUInt16LE(method(member), 10);
  record.writeUInt32LE(member.lies?.crc32 ?? crc32(member.content), 16);
  record.writeUInt32LE(member.zip64 ? 0xffffffff : sizes.stored, 20);
  record.writeUInt32LE(member.zip64 ? 0xffffffff : sizes.size, 24);
  record.writeUInt16LE(name.length, 28);
  record.writeUInt32LE(member.zip64 ? 0xffffffff : start, 42);
  if (!member.zip64) return Buffer.concat([record, name]);
  const extra = Buffer.alloc(28);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(24, 2);
  extra.writeBigUInt64LE(BigInt(sizes.size), 4);
  extra.writeBigUInt64LE(BigInt(sizes.stored), 12);
  extra.writeBigUInt64LE(BigInt(start), 20);
  record.writeUInt16LE(28, 30);
  return Buffer.concat([record, name, extra]);
}

function endRecord(count: number, start: number, length: number): Uint8Array {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(length, 12);
  end.writeUInt32LE(start, 16);
  return end;
}

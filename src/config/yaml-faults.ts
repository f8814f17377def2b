/** What a configuration's text must not be although YAML allows it: another encoding, and keys that say one thing twice. Knows no key of ours. */
import { type Document, isScalar, type Pair, visit } from "yaml";

export interface TextFault {
  readonly line: number;
  readonly text: string;
}

/** Undefined where the text is UTF-8 with line ends that every editor writes. */
export function encodingFault(text: string): TextFault | undefined {
  const at = (place: number, what: string): TextFault => ({ line: text.slice(0, place).split(/\r\n|\n|\r/).length, text: what });
  const zero = text.indexOf("\0");
  if (zero >= 0) return at(zero, "the file holds zero bytes, as UTF-16 does; save it as UTF-8");
  const unreadable = text.indexOf("\uFFFD");
  if (unreadable >= 0) return at(unreadable, "the file holds bytes that are no UTF-8; save it as UTF-8");
  if (text.includes("\r") && !text.includes("\n")) return at(0, "lines end in CR alone; save the file with LF");
  return undefined;
}

/** Beyond what the parser compares: `1` and `"1"`, or an alias of a key, become one key as well, and silently the last would count. */
export function keyFaults(document: Document, lineAt: (offset: number) => number): TextFault[] {
  const faults: TextFault[] = [];
  visit(document, {
    Map: (_, { items }) => {
      const seen = new Set<string>();
      for (const { key } of items as Pair[]) {
        const offset = typeof key === "object" && key !== null && "range" in key && Array.isArray(key.range) ? Number(key.range[0]) : 0;
        const name = isScalar(key) && key.value !== null ? String(key.value) : undefined;
        if (name === undefined) faults.push({ line: lineAt(offset), text: "a key is no plain word; write it out" });
        else if (seen.has(name))
          faults.push({ line: lineAt(offset), text: `the key ${JSON.stringify(name)} stands here a second time; keep one of them` });
        else seen.add(name);
      }
    },
  });
  return faults;
}

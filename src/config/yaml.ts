/**
 * YAML text -> plain value plus the line of every key. Refuses what a configuration never needs: duplicate keys, tags, alias bombs,
 * several documents, more than 1 MB. Knows no key of ours.
 */
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import { encodingFault, keyFaults } from "./yaml-faults.ts";

export type KeyPath = readonly PropertyKey[];

export interface YamlText {
  /** Undefined when `problems` is not empty. */
  readonly value: unknown;
  readonly problems: readonly { readonly line: number; readonly text: string }[];
  /** Line of the key (or list entry) at this path, counted from 1; of its nearest parent where it is missing. */
  lineOf(path: KeyPath): number;
}

const maxBytes = 1_000_000;
const maxAliases = 50;

/** Never throws for what the text holds. An empty text is a problem. */
export function readYaml(text: string): YamlText {
  if (text.length > maxBytes) return failed(1, `the file has ${text.length} characters; a configuration has at most ${maxBytes}`);
  const wrong = encodingFault(text);
  if (wrong !== undefined) return failed(wrong.line, wrong.text);
  const lines = new LineCounter();
  const plain = text.replace(/^\uFEFF/, "");
  const document = parseDocument(plain, { lineCounter: lines, uniqueKeys: true, version: "1.2", merge: false });
  const lineAt = (offset: number): number => lines.linePos(offset).line;
  const syntax = [...document.errors, ...document.warnings].map((error) => ({
    line: lineAt(error.pos[0]),
    text: explain(error.code, error.message, keyAt(plain, error.pos[0])),
  }));
  const problems = syntax.length > 0 ? withoutRepeats(syntax) : keyFaults(document, lineAt);
  if (problems.length > 0) return { value: undefined, problems, lineOf: () => 1 };
  if (document.contents === null) return failed(1, "the file is empty; write at least version: 1 and models:");
  try {
    const value: unknown = document.toJS({ maxAliasCount: maxAliases });
    // A value that aliases blew up or that holds itself must not reach the checks.
    if (JSON.stringify(value).length > 4 * maxBytes) return failed(1, "aliases expand to more than 4 MB; write the values out");
    return {
      value,
      problems: [],
      lineOf: (path) => lineAt(offsetOf(document.contents, path, (node) => (isAlias(node) ? node.resolve(document) : undefined))),
    };
  } catch (error) {
    const why = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    return failed(1, `aliases cannot be expanded (${/circular/.test(why) ? "a value holds itself" : why}); write the values out`);
  }
}

const failed = (line: number, text: string): YamlText => ({ value: undefined, problems: [{ line, text }], lineOf: () => line });

/** The library's message without its code frame, with our next step where it has none. */
function explain(code: string, message: string, key: string): string {
  const first = (message.split("\n")[0] ?? message).replace(/ at line \d+, column \d+:?$/, "");
  if (code === "TAB_AS_INDENT") return `${first}; use spaces`;
  if (code === "DUPLICATE_KEY") return `the key ${key} stands here a second time; keep one of them`;
  if (/call stack/.test(first)) return "lists and blocks are nested too deep";
  if (code === "MULTIPLE_DOCS") return "the file holds several documents; keep one";
  return first;
}

const withoutRepeats = <T extends { readonly line: number; readonly text: string }>(faults: readonly T[]): T[] =>
  faults.filter((fault, n) => faults.findIndex(({ line, text }) => line === fault.line && text === fault.text) === n);

/** The word at a place of the text, as it is written there, cut to 60 characters. */
const keyAt = (text: string, offset: number): string => /^(?:"[^"\n]*"|'[^'\n]*'|[^:\s]+)/.exec(text.slice(offset, offset + 60))?.[0] ?? "";

function offsetOf(root: Node | null, path: KeyPath, resolve: (node: Node) => Node | undefined): number {
  let offset = root?.range?.[0] ?? 0;
  let node: unknown = root;
  for (const key of path) {
    if (isAlias(node)) node = resolve(node);
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
      if (pair === undefined) return offset;
      offset = isScalar(pair.key) ? (pair.key.range?.[0] ?? offset) : offset;
      node = pair.value;
    } else if (isSeq(node) && typeof key === "number") {
      const item: unknown = node.items[key];
      if (item === undefined) return offset;
      if (isMap(item) || isSeq(item) || isScalar(item) || isAlias(item)) offset = item.range?.[0] ?? offset;
      node = item;
    } else return offset;
  }
  return offset;
}

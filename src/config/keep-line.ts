/** The text of a configuration with one model's `keep:` set, everything else of it as it was. Pure; writes nothing. */
import { isMap, isScalar, isSeq, type Pair, parseDocument, type YAMLMap } from "yaml";
import { normalPath } from "./paths.ts";
import { plainScalar } from "./plain-scalar.ts";

export interface KeepEdit {
  readonly text: string;
  /** Of the line that the new one follows, or that is replaced, counted from 1. */
  readonly line: number;
  /** What stands there afterwards. */
  readonly replacement: readonly string[];
}

/** Undefined where no entry names this very file in block style: a glob holds other models too, and a list in braces has no line of its own. */
export function withKeepLine(
  text: string,
  model: { readonly name: string; readonly path: string },
  keep: string | readonly string[],
): KeepEdit | undefined {
  const entry = entryOf(text, model);
  const path = entry?.items.find((pair) => keyOf(pair) === "path");
  if (entry === undefined || path === undefined) return undefined;
  const existing = entry.items.find((pair) => keyOf(pair) === "keep");
  const key = startOf(existing ?? path);
  const end = endOf(existing ?? path);
  if (key === undefined || end === undefined) return undefined;
  const lines = text.split("\n");
  const line = text.slice(0, key).split("\n").length;
  const own = lines[line - 1] ?? "";
  // A value over several lines would not be told apart from the next key.
  if (text.slice(key, end).includes("\n")) return undefined;
  const indent = key - (text.lastIndexOf("\n", key - 1) + 1);
  const fresh = `${existing === undefined ? " ".repeat(indent) : own.slice(0, indent)}keep: ${typeof keep === "string" ? plainScalar(keep) : `[${keep.map(plainScalar).join(", ")}]`}`;
  const replacement = existing === undefined ? [own, fresh] : [fresh];
  return { text: [...lines.slice(0, line - 1), ...replacement, ...lines.slice(line)].join("\n"), line, replacement };
}

function entryOf(text: string, { name, path }: { readonly name: string; readonly path: string }): YAMLMap | undefined {
  const models = parseDocument(text).get("models");
  const maps = isSeq(models) ? models.items.filter((item) => isMap(item)) : [];
  const plain = maps.filter((map) => map.flow !== true && normalPath(String(map.get("path"))) === path);
  return plain.find((map) => map.get("name") === name) ?? plain.find((map) => map.get("name") === undefined);
}

const keyOf = ({ key }: Pair): unknown => (isScalar(key) ? key.value : key);
const startOf = ({ key }: Pair): number | undefined => (isScalar(key) ? key.range?.[0] : undefined);
const endOf = ({ value }: Pair): number | undefined => (isScalar(value) ? value.range?.[1] : undefined);

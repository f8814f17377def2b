/** A Python file of constant code and one data block. Only the constant `DATA` and comments differ between two fixes. */
import { dataLines, readableLines } from "./quote.ts";

/** The header stands below line 2: Python reads an encoding from comments in the first two lines only. */
export function pythonScript(header: readonly string[], data: object, code: string): string {
  const readable = readableLines(data);
  const block = readable ? [`DATA = """`, ...readable, `"""`] : ["DATA = (", ...dataLines(data).map((line) => `    "${line}"`), ")"];
  return ["#!/usr/bin/env python3", "# Made by a tool: change the report, not this file.", ...header, ...block, code.trim(), ""].join("\n");
}

/** Words for what zod found wrong: place, key, value, what is allowed, the nearest key for a typo. Decides nothing. */
import { z } from "zod";
import { didYouMean, nearest } from "./nearest.ts";
import { property } from "./untyped.ts";
import type { KeyPath } from "./yaml.ts";

/** `models[0].tolerance.sqnr-db`, with names that are no plain words quoted. */
export const showKey = (path: KeyPath): string =>
  path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    const word = /^[\w-]+$/.test(String(key)) ? String(key) : JSON.stringify(String(key));
    return text === "" ? word : `${text}.${word}`;
  }, "");

/** The value as JSON, cut to 60 characters. NaN and Infinity by their names. */
export function showValue(value: unknown): string {
  if (value === undefined) return "missing";
  const text = typeof value === "number" ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** One issue of zod as problems without place: key path and text. An unknown key is its own problem, at its own path. */
export function wordIssue(schema: z.ZodType, issue: z.core.$ZodIssue, root: unknown): { readonly path: KeyPath; readonly text: string }[] {
  if (issue.code === "unrecognized_keys") {
    const allowed = keysAt(schema, issue.path);
    return issue.keys.map((key) => ({
      path: [...issue.path, key],
      text: `${showKey([...issue.path, key])} is no key${didYouMean(key, allowed)} Allowed here: ${allowed.join(", ")}.`,
    }));
  }
  const value = valueAt(root, issue.path);
  const key = issue.path.length === 0 ? "the file" : showKey(issue.path);
  return [{ path: issue.path, text: `${key} is ${showValue(value)}; ${allowedBy(issue, value)}.` }];
}

function allowedBy(issue: z.core.$ZodIssue, value: unknown): string {
  switch (issue.code) {
    case "invalid_type":
      return `write ${typeNames[issue.expected] ?? issue.expected}`;
    case "invalid_value": {
      const words = issue.values.map(String);
      const near = typeof value === "string" ? nearest(value, words) : undefined;
      return `allowed: ${words.join(", ")}${near === undefined ? "" : ` (did you mean "${near}"?)`}`;
    }
    case "too_small":
      return issue.origin === "string" || issue.origin === "array"
        ? "it must not be empty"
        : `it must be ${issue.inclusive === true ? "at least" : "more than"} ${issue.minimum}`;
    case "too_big":
      return `it must be ${issue.inclusive === true ? "at most" : "less than"} ${issue.maximum}`;
    case "invalid_union":
      return `write ${issue.message}`;
    case "invalid_format":
      return issue.format === "date" ? "write a day as in 2026-12-31" : issue.message;
    default:
      return issue.message;
  }
}

const typeNames: Readonly<Record<string, string>> = {
  number: "a number, e.g. 20",
  int: "a whole number",
  string: "text (in quotes, if it looks like a number)",
  boolean: "true or false",
  array: "a list",
  object: "a block of keys",
  record: "a block of keys",
};

const valueAt = (root: unknown, path: KeyPath): unknown => path.reduce<unknown>(property, root);

/** Keys that the schema allows at a path, read from its JSON schema. */
function keysAt(schema: z.ZodType, path: KeyPath): string[] {
  let here: unknown = z.toJSONSchema(schema, { io: "input" });
  for (const key of path) {
    const properties = property(here, "properties");
    here =
      typeof key === "number" ? property(here, "items") : (property(properties, String(key)) ?? property(here, "additionalProperties"));
  }
  const properties =
    property(here, "properties") ??
    [here, ...alternatives(here)].map((option) => property(option, "properties")).find((found) => found !== undefined);
  return typeof properties === "object" && properties !== null ? Object.keys(properties) : [];
}

const alternatives = (value: unknown): unknown[] => {
  const options = property(value, "anyOf");
  return Array.isArray(options) ? options : [];
};

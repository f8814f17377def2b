/** Every key of the configuration as Markdown tables, one section a block, from the JSON schema that the zod source gives. Words only. */
import { markdownTable } from "markdown-table";
import { z } from "zod";
import { configSchema } from "../src/config/schema.ts";

interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly required?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly format?: string;
}

/** The sections in the order of the schema: the file itself, then each block below the table that names it. */
export function configReference(): string {
  const schema = z.toJSONSchema(configSchema, { io: "input" }) as Schema;
  return blocksOf("the file", schema).join("\n\n");
}

function blocksOf(path: string, schema: Schema): string[] {
  const keys = Object.entries(schema.properties ?? {});
  const rows = keys.map(([key, value]) => [code(key), typeOf(value), defaultOf(key, value, schema), cell(meaningOf(value))]);
  const table = markdownTable([["key", "value", "default", "meaning"], ...rows], { alignDelimiters: false });
  const title = path === "the file" ? "## The file" : `## \`${path}\``;
  const text = schema.description === undefined || path === "the file" ? [] : [schema.description];
  return [title, ...text, table, ...keys.flatMap(([key, value]) => below(path === "the file" ? key : `${path}.${key}`, value))];
}

/** A section of its own for what has keys; limits are shown in their row. */
function below(path: string, schema: Schema): string[] {
  if (schema.items?.properties) return blocksOf(`${path}[]`, schema.items);
  return schema.properties && !isSmall(schema) && !isUniform(schema) ? blocksOf(path, schema) : [];
}

/** Every key holds the same small block: `score`, `baseline`. */
const isUniform = ({ properties = {} }: Schema): boolean => Object.values(properties).every(isSmall);

/** `{fail, warn}`, `{drop}`, `{min, opt, max}`: nothing that needs a table. */
const isSmall = ({ properties = {} }: Schema): boolean => ["fail", "drop", "opt"].some((key) => key in properties);

function typeOf(schema: Schema): string {
  const { type, items, properties, additionalProperties, anyOf } = schema;
  if (schema.const !== undefined) return code(String(schema.const));
  if (schema.enum !== undefined) return schema.enum.map((word) => code(String(word))).join(", ");
  if (anyOf !== undefined) return anyOf.map(typeOf).join(" or ");
  if (type === "array") return items?.properties ? "list of blocks, below" : `list of ${typeOf(items ?? {})}`;
  if (properties !== undefined)
    return isSmall(schema) ? small(schema) : isUniform(schema) ? `metrics with ${small(first(schema))}` : "block, below";
  if (typeof additionalProperties === "object") return `names with ${typeOf(additionalProperties)}`;
  if (schema.format === "date") return "day, as in 2026-12-31";
  return `${type === "string" ? "text" : type === "boolean" ? "`true`, `false`" : type === "integer" ? "whole number" : (type ?? "anything")}${rangeOf(schema)}`;
}

const first = ({ properties = {} }: Schema): Schema => Object.values(properties)[0] ?? {};
const small = ({ properties = {} }: Schema): string => code(`{${Object.keys(properties).join(", ")}}`);

function rangeOf({ minimum, maximum, exclusiveMinimum }: Schema): string {
  const parts = [
    ...(exclusiveMinimum === undefined ? [] : [`above ${exclusiveMinimum}`]),
    ...(minimum === undefined || minimum <= Number.MIN_SAFE_INTEGER ? [] : [`from ${minimum}`]),
    ...(maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? [] : [`to ${maximum}`]),
  ];
  return parts.length === 0 ? "" : ` ${parts.join(" ")}`;
}

function defaultOf(key: string, { default: value }: Schema, { required = [] }: Schema): string {
  if (required.includes(key)) return "needed";
  const isEmpty = value === undefined || (typeof value === "object" && Object.keys(value ?? {}).length === 0);
  return isEmpty ? "" : code(String(value));
}

const meaningOf = ({ description = "", items }: Schema): string => (description === "" ? (items?.description ?? "") : description);

const code = (text: string): string => `\`${text}\``;
const cell = (text: string): string => text.replaceAll("|", "\\|");

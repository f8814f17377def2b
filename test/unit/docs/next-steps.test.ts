/** Each failure ends in what to do: the last sentence, or the clause behind a colon or semicolon, begins with a verb that asks for it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseSync } from "@swc/core";
import { globSync } from "tinyglobby";
import { expect, it } from "vitest";
import { caveats } from "../../../src/gate/caveats.ts";
import { nothingToDo, reasons } from "../../../src/gate/reasons.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

const verbs =
  "add allow build calibrate cast check choose clear commit compare correct delete describe drop end export fetch free give hand inline install keep leave let look lower make mark merge move name point print put raise read relax remove rename renew report run save set ship start take use wait write yield";
const asks = new RegExp(`(?:^|[.:;?,] |\\b(?:or|and|then|first,?) )(?:${verbs.replaceAll(" ", "|")})\\b`, "i");
const lastSentence = (text: string): string =>
  text
    .trim()
    .split(/(?<=[.?]) (?=[A-Z"'`$])/)
    .at(-1) ?? "";
const isStep = (text: string): boolean => asks.test(lastSentence(text)) || /A maintainer (?:adds|looks)/.test(text);

interface Node {
  readonly type?: string;
  readonly value?: unknown;
  readonly callee?: Node;
  readonly arguments?: readonly { readonly expression: Node }[];
  readonly quasis?: readonly { readonly cooked?: string; readonly raw: string }[];
}

/** Every node of a syntax tree. */
function* nodesOf(value: unknown): Generator<Node> {
  if (Array.isArray(value)) for (const each of value) yield* nodesOf(each);
  else if (typeof value === "object" && value !== null) {
    yield value;
    for (const each of Object.values(value)) yield* nodesOf(each);
  }
}

/** Fixed words of a text, `…` for the rest; undefined for what is no literal. */
const wordsOf = (node: Node | undefined): string | undefined =>
  node?.type === "StringLiteral" ? String(node.value) : node?.quasis?.map(({ cooked, raw }) => cooked ?? raw).join("…");

/** Messages of errors that people meet, where the last words are fixed. */
const messages = globSync("src/**/*.ts", { cwd: root, ignore: ["src/onnx/gen/**"] }).flatMap((file) =>
  [...nodesOf(parseSync(readFileSync(join(root, file), "utf8"), { syntax: "typescript", target: "es2024" }).body)].flatMap((node) => {
    const name = String(node.callee?.value ?? "");
    if (node.type !== "NewExpression" || !/^(?:Config|File|Trust|Tool)Error$/.test(name)) return [];
    const text = wordsOf(node.arguments?.[/^(?:File|Tool)/.test(name) ? 1 : 0]?.expression);
    return text === undefined || /…[.]?$/.test(text) ? [] : [{ file, text }];
  }),
);

it("reads the messages of the sources", () => {
  expect(messages.length).toBeGreaterThan(200);
  expect(isStep("m.npz: x of shape [3, 2] cannot be cut into feeds. Axis 0 counts samples, without a rest.")).toBe(false);
  expect(isStep("m.npz: x has 3 samples, y has 2. Save the same number.")).toBe(true);
});

it("ends every error in a step", () => {
  expect(messages.filter(({ text }) => !isStep(text))).toEqual([]);
});

it("has a step for every reason and caveat, and points at nothing that is not there", () => {
  const steps = [...Object.entries(reasons), ...Object.entries(caveats)].filter(([, { next }]) => next !== nothingToDo);
  expect(steps.length).toBeGreaterThan(60);
  expect(steps.filter(([, { next }]) => !isStep(next)).map(([code, { next }]) => `${code}: ${next}`)).toEqual([]);
  expect(steps.filter(([, { next }]) => /\bit names\b|\bits last lines\b/.test(next)).map(([code]) => code)).toEqual([]);
});

/**
 * Fails where a test's `expect` may be passed over: under an `if`, behind `?:`, `&&` or `??`, or in a `catch`. Such a test passes by
 * not looking. Usage: node scripts/check-expects.ts
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseSync } from "@swc/core";

interface Found {
  readonly file: string;
  readonly line: number;
}

/** Lines of `expect` calls that run on a condition, of TypeScript source. */
export function conditionalExpects(source: string): number[] {
  const ast: unknown = parseSync(`;${source}`, { syntax: "typescript", target: "esnext" });
  // Offsets count bytes over everything that this process has parsed: the first token tells where this source begins.
  const start = spanStart(ast) + 1;
  const bytes = Buffer.from(source);
  const lines: number[] = [];
  walk(ast, false, (offset) =>
    lines.push(
      bytes
        .subarray(0, offset - start)
        .toString("utf8")
        .split("\n").length,
    ),
  );
  return lines;
}

/** Which children of a node run only sometimes. */
const conditional: Readonly<Record<string, readonly string[]>> = {
  IfStatement: ["consequent", "alternate"],
  ConditionalExpression: ["consequent", "alternate"],
  CatchClause: ["body"],
};
const shortCircuits: ReadonlySet<unknown> = new Set(["&&", "||", "??"]);

function walk(node: unknown, isConditional: boolean, report: (offset: number) => void): void {
  if (Array.isArray(node)) for (const one of node) walk(one, isConditional, report);
  if (typeof node !== "object" || node === null || Array.isArray(node)) return;
  const type = String(Reflect.get(node, "type"));
  const callee: unknown = Reflect.get(node, "callee");
  if (isConditional && type === "CallExpression" && isExpect(callee)) report(spanStart(node));
  for (const [key, child] of Object.entries(node)) {
    const sometimes =
      conditional[type]?.includes(key) === true ||
      (type === "BinaryExpression" && key === "right" && shortCircuits.has(Reflect.get(node, "operator")));
    walk(child, isConditional || sometimes, report);
  }
}

const isExpect = (callee: unknown): boolean =>
  typeof callee === "object" &&
  callee !== null &&
  Reflect.get(callee, "type") === "Identifier" &&
  Reflect.get(callee, "value") === "expect";

function spanStart(node: unknown): number {
  const span: unknown = typeof node === "object" && node !== null ? Reflect.get(node, "span") : undefined;
  return typeof span === "object" && span !== null ? Number(Reflect.get(span, "start")) : 0;
}

if (import.meta.main) {
  const files = readdirSync("test", { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  const found = files.flatMap((name): Found[] => {
    const file = join("test", name);
    return conditionalExpects(readFileSync(file, "utf8")).map((line) => ({ file, line }));
  });
  for (const { file, line } of found)
    console.error(`${file}:${line}: this expect runs on a condition; a test that passes by not looking is none`);
  console.log(`${files.length} test files, ${found.length} conditional expects`);
  process.exitCode = found.length > 0 || files.length === 0 ? 1 : 0;
}

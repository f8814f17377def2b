/**
 * The two pictures and the table of rooms in docs/architecture.md, as Mermaid and Markdown read from the code itself:
 * which room imports which, and which functions one run calls, in order. `npm run gen` writes them, `npm run gen:check` compares.
 */
import { readFileSync } from "node:fs";
import { basename, dirname, join, normalize, relative } from "node:path";
import { parseSync } from "@swc/core";
import { cruise, type IReporterOutput } from "dependency-cruiser";
import { markdownTable } from "markdown-table";
import { options, purpose, rooms, tiers } from "./rooms.ts";

type Edges = ReadonlyMap<string, ReadonlySet<string>>;

/** Rooms by what they import, read from `src/` below `root`. */
export async function roomEdges(root: string): Promise<Edges> {
  const { output }: IReporterOutput = await cruise(["src"], { ...options, baseDir: root, outputType: "json" });
  const { modules }: { modules: { source: string; dependencies: { resolved: string }[] }[] } = JSON.parse(String(output));
  const edges = new Map<string, Set<string>>(rooms.map((room) => [room, new Set()]));
  for (const { source, dependencies } of modules)
    for (const { resolved } of dependencies) {
      const [from, to] = [roomOf(source), roomOf(resolved)];
      if (from !== undefined && to !== undefined && from !== to) edges.get(from)?.add(to);
    }
  return edges;
}

const roomOf = (path: string): string | undefined =>
  rooms.find((room) => path === `src/${room}` || (!room.endsWith(".ts") && path.startsWith(`src/${room}/`)));

/** An arrow stands for an import that no longer way of arrows shows already: with every import drawn the picture says nothing. */
export function roomsDiagram(edges: Edges): string {
  const lines = tiers
    .toReversed()
    .flatMap((tier, i) => [
      `  subgraph t${i}[" "]`,
      "    direction LR",
      ...tier.map((room) => `    ${idOf(room)}["${room.endsWith(".ts") ? room : `${room}/`}"]`),
      "  end",
    ]);
  const arrows = rooms.toReversed().flatMap((from) =>
    [...(edges.get(from) ?? [])]
      .filter((to) => !isIndirect(edges, from, to))
      .toSorted((a, b) => rooms.indexOf(b) - rooms.indexOf(a))
      .map((to) => `  ${idOf(from)} --> ${idOf(to)}`),
  );
  return ["```mermaid", "flowchart TD", ...lines, ...arrows, "```"].join("\n");
}

const idOf = (room: string): string => room.replace(".ts", "_ts");

/** True where `to` is also reached through another room that `from` imports. */
function isIndirect(edges: Edges, from: string, to: string): boolean {
  const reaches = (room: string, seen: Set<string>): boolean => {
    if (room === to) return true;
    if (seen.has(room)) return false;
    seen.add(room);
    return [...(edges.get(room) ?? [])].some((next) => reaches(next, seen));
  };
  return [...(edges.get(from) ?? [])].some((next) => next !== to && reaches(next, new Set()));
}

/** A sentence a room, from the bottom up. */
export const roomsTable = (): string =>
  markdownTable(
    [["room", "what it holds"], ...rooms.map((room) => [`\`${room.endsWith(".ts") ? room : `${room}/`}\``, purpose[room] ?? ""])],
    {
      alignDelimiters: false,
    },
  );

interface Story {
  readonly title: string;
  readonly file: string;
  readonly functionName: string;
}

/** The functions that tell a run. Local functions that they call are followed; imported ones are steps. */
const stories: readonly Story[] = [
  { title: "one run", file: "src/entry.ts", functionName: "runWhole" },
  { title: "from inputs to report", file: "src/main.ts", functionName: "main" },
  { title: "one model", file: "src/check/model.ts", functionName: "checkModel" },
  { title: "telling it", file: "src/publish/publish.ts", functionName: "publish" },
];

/** The steps of a run in the order in which the code calls them, each with the file that it lives in. Throws where a story's function is gone. */
export function runDiagram(root: string): string {
  const parts = stories.map((story, i) => {
    const steps = stepsOf(root, story);
    if (steps.length === 0) throw new Error(`${story.file} has no function ${story.functionName} that calls another room.`);
    const nodes = steps.map(({ name, file }, n) => `    s${i}_${n}["${name}<br/><small>${file}</small>"]`);
    const chain = steps.map((_, n) => `s${i}_${n}`).join(" --> ");
    return [
      `  subgraph s${i}["${story.title}: ${basename(dirname(story.file))}/${basename(story.file)}"]`,
      ...nodes,
      `    ${chain}`,
      "  end",
    ];
  });
  const order = stories.slice(1).map((_, i) => `  s${i} ~~~ s${i + 1}`);
  return ["```mermaid", "flowchart LR", ...parts.flat(), ...order, "```"].join("\n");
}

interface Step {
  readonly name: string;
  readonly file: string;
}

function stepsOf(root: string, { file, functionName }: Story): Step[] {
  const { body } = parseSync(readFileSync(join(root, file), "utf8"), { syntax: "typescript", target: "es2024" });
  const imported = new Map<string, string>();
  const local = new Map<string, unknown>();
  for (const node of body) noteItem(node, file, imported, local);
  const steps = new Map<string, Step>();
  const visited = new Set<string>();
  const follow = (name: string): void => {
    if (visited.has(name)) return;
    visited.add(name);
    for (const called of callsIn(local.get(name))) {
      const from = imported.get(called);
      if (from !== undefined) steps.set(called, { name: called, file: from });
      else if (local.has(called)) follow(called);
    }
  };
  follow(functionName);
  return [...steps.values()].filter(({ file: from }) => !/^(effects|model|version)/.test(from));
}

type Node = Readonly<Record<string, unknown>>;
const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null && !Array.isArray(value);
const text = (value: unknown): string => (typeof value === "string" ? value : "");

function noteItem(item: unknown, file: string, imported: Map<string, string>, local: Map<string, unknown>): void {
  if (!isNode(item)) return;
  if (item.type === "ImportDeclaration" && isNode(item.source) && Array.isArray(item.specifiers)) {
    const path = text(item.source.value);
    if (!path.startsWith(".")) return;
    const from = relative("src", normalize(join(dirname(file), path)));
    for (const specifier of item.specifiers)
      if (isNode(specifier) && isNode(specifier.local)) imported.set(text(specifier.local.value), from);
  }
  const declared = item.type === "ExportDeclaration" ? item.declaration : item;
  if (!isNode(declared)) return;
  if (declared.type === "FunctionDeclaration" && isNode(declared.identifier)) local.set(text(declared.identifier.value), declared.body);
  if (declared.type === "VariableDeclaration" && Array.isArray(declared.declarations))
    for (const one of declared.declarations) if (isNode(one) && isNode(one.id)) local.set(text(one.id.value), one.init);
}

/** Names that are called, or handed on to be called, in source order. */
function callsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(callsIn);
  if (!isNode(value)) return [];
  const called =
    value.type === "CallExpression" && isNode(value.callee) && value.callee.type === "Identifier" ? [text(value.callee.value)] : [];
  // Arguments run before the call that takes them.
  return [...Object.values(value).flatMap(callsIn), ...called];
}

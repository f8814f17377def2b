/**
 * Which room may import what, types included. Checked by check-rooms.ts in `npm run lint`; the table it guards is docs/design/001-rooms.md.
 * Rooms stand in tiers: a room imports its own files and rooms of the tiers before its own, plus the neighbours named in `neighbours`.
 */
import type { ICruiseOptions, IFlattenedRuleSet } from "dependency-cruiser";

/** From the bottom up. A name with `.ts` is a file of `src/` itself. */
export const tiers: readonly (readonly string[])[] = [
  ["version.ts", "node-version.ts", "effects"],
  ["model"],
  ["onnx", "formats", "measure"],
  ["calibration", "gate", "search", "compare"],
  ["config", "samples"],
  ["report"],
  ["lanes", "fix", "github"],
  ["changes", "debug-precision"],
  ["check", "publish"],
  ["run", "process-guard.ts"],
  ["main.ts"],
  ["entry.ts"],
  ["commands"],
  ["command-line.ts"],
  ["index.ts", "post.ts", "cli.ts"],
];
/** Imports inside a tier, one way each. */
const neighbours: Readonly<Record<string, readonly string[]>> = {
  search: ["gate"],
  samples: ["config"],
};
/** Rooms that touch nothing: no node:*, no toolkit, no runtime. */
const pure = ["model", "config", "measure", "gate", "search", "fix", "report"];

export const rooms: readonly string[] = tiers.flat();
const pathOf = (room: string): string => (room.endsWith(".ts") ? `^src/${room.replace(".", "\\.")}$` : `^src/${room}/`);

/** A room's own files, everything of the tiers below it, and its neighbours. */
function allowed(room: string): string[] {
  const tier = tiers.findIndex((names) => names.includes(room));
  return [room, ...tiers.slice(0, tier).flat(), ...(neighbours[room] ?? [])];
}

export const ruleSet: IFlattenedRuleSet = {
  forbidden: [
    {
      name: "pure-rooms-touch-nothing",
      severity: "error",
      comment: "pure rooms have no node:*, no toolkit, no runtime",
      from: { path: pure.map(pathOf) },
      to: { path: "^(node:|node_modules/@actions|node_modules/onnxruntime|node_modules/execa)" },
    },
    { name: "pure-rooms-no-core", severity: "error", from: { path: pure.map(pathOf) }, to: { dependencyTypes: ["core"] } },
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    {
      name: "every-file-has-a-room",
      severity: "error",
      from: { path: "^src/", pathNot: rooms.map(pathOf) },
      to: {},
    },
    ...rooms.map((room) => ({
      name: `${room}-imports-one-way`,
      severity: "error" as const,
      from: { path: pathOf(room) },
      to: { path: "^src/", pathNot: allowed(room).map(pathOf) },
    })),
  ],
};

export const options: ICruiseOptions = {
  doNotFollow: { path: "node_modules" },
  parser: "swc",
  tsPreCompilationDeps: true,
  enhancedResolveOptions: { extensions: [".ts", ".js", ".mjs", ".json"] },
};

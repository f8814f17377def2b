/** Which room may import what. Run by `npm run lint`; the table it guards is docs/design/001-rooms.md. */
const pure = "^src/(tensor|config|measure|gate|search|fix|report)/";
const rooms = [
  "config",
  "changes",
  "onnx",
  "calibration",
  "dumps",
  "lanes",
  "measure",
  "gate",
  "search",
  "fix",
  "report",
  "github",
  "effects",
  "tensor",
];
/** A room may import its own files, `tensor/`, types of anything, and the rooms named here. */
const may = {
  tensor: [],
  effects: [],
  config: [],
  changes: ["config", "effects", "onnx", "github"],
  onnx: ["effects"],
  calibration: ["onnx", "effects", "dumps"],
  dumps: ["effects", "onnx", "measure"],
  lanes: ["onnx", "calibration", "dumps", "effects"],
  measure: [],
  gate: ["measure"],
  search: ["gate"],
  fix: ["report"],
  report: ["gate", "measure"],
  github: ["effects", "report"],
};
export default {
  forbidden: [
    {
      name: "pure-rooms-touch-nothing",
      severity: "error",
      comment: "pure rooms have no node:*, no toolkit, no runtime",
      from: { path: pure },
      to: { path: "^(node:|node_modules/@actions|node_modules/onnxruntime|node_modules/execa)", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "pure-rooms-no-core",
      severity: "error",
      from: { path: pure },
      to: { dependencyTypes: ["core"], dependencyTypesNot: ["type-only"] },
    },
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } } },
    { name: "doors-are-not-imported", severity: "error", from: { path: "^src/" }, to: { path: "^src/(index|post|cli)\\.ts$" } },
    ...rooms.map((room) => ({
      name: `${room}-imports-one-way`,
      severity: "error",
      from: { path: `^src/${room}/` },
      to: {
        path: `^src/(?!${[room, "tensor", ...may[room]].join("/|")}/)`,
        pathNot: "^src/(effects/failure|tensor/)",
        dependencyTypesNot: ["type-only"],
      },
    })),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    parser: "swc",
    tsPreCompilationDeps: "specify",
    enhancedResolveOptions: { extensions: [".ts", ".js", ".mjs", ".json"] },
  },
};

/** Which room may import what. Checked by check-rooms.ts in `npm run lint`; the table it guards is docs/design/001-rooms.md. */
import type { ICruiseOptions, IFlattenedRuleSet } from "dependency-cruiser";

const pure = "^src/(model|config|measure|gate|search|fix|report)/";
/** A room may import its own files, `model/`, types of anything, and the rooms named here. */
const may: Readonly<Record<string, readonly string[]>> = {
  model: ["effects"],
  effects: [],
  config: [],
  changes: ["config", "effects", "onnx", "github"],
  onnx: ["effects"],
  calibration: ["onnx", "effects", "formats"],
  formats: ["effects", "onnx"],
  samples: ["effects", "onnx", "formats", "config"],
  compare: ["effects", "formats", "measure"],
  lanes: ["onnx", "calibration", "formats", "samples", "effects", "measure"],
  measure: [],
  gate: ["measure"],
  search: ["gate"],
  fix: ["report"],
  report: ["gate", "measure"],
  github: ["effects", "report"],
};
export const ruleSet: IFlattenedRuleSet = {
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
    ...Object.entries(may).map(([room, others]) => ({
      name: `${room}-imports-one-way`,
      severity: "error" as const,
      from: { path: `^src/${room}/` },
      to: {
        path: `^src/(?!${[room, "model", ...others].join("/|")}/)`,
        pathNot: "^src/(effects/failure|model/)",
        dependencyTypesNot: ["type-only" as const],
      },
    })),
  ],
};

export const options: ICruiseOptions = {
  doNotFollow: { path: "node_modules" },
  parser: "swc",
  tsPreCompilationDeps: "specify",
  enhancedResolveOptions: { extensions: [".ts", ".js", ".mjs", ".json"] },
};

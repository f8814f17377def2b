/** The first configuration and workflow of a repository, as commented text, from what its files hold. Pure; reads and writes nothing. */
import type { Found, FoundModel, UnreadModel } from "./init-facts.ts";
import { toleranceLines } from "./init-limits.ts";
import { type PairedModel, pairModels } from "./init-pairs.ts";
import { isGlob } from "./paths.ts";
import { plainScalar } from "./plain-scalar.ts";

/** The `.github/trt-gate.yml` to start with: runs as it stands; what cannot run yet is in comments with what it lacks. */
export function starterConfig(found: Found, paired: readonly PairedModel[] = pairModels(found)): string {
  const pairs = paired.filter(({ model }) => !isGlob(model.path));
  const ready = pairs.filter(isReady);
  return [
    "# Configuration of the accuracy gate. Every key: docs/configuration.md of the gate; schema/config.schema.json for editors.",
    "version: 1",
    ...(ready.length === 0 ? ["models: []"] : ["models:", ...ready.flatMap(entryLines)]),
    ...(found.models.length === 0 ? exampleLines : []),
    ...pairs.filter((pair) => !isReady(pair)).flatMap(missingLines),
    ...found.models.filter(({ kind }) => kind === "integer").flatMap(integerLines),
    ...found.models.filter(({ path, needsFloat }) => needsFloat && paired.every(({ qdq }) => qdq !== path)).flatMap(weightsLines),
    ...found.unread.flatMap(unreadLines),
    ...(ready.length === 0 ? ["# Delete this file and run trt-gate init again where the files that it asks for are there."] : []),
    "",
    "# When a model regresses, the gate searches for the units to keep in higher precision.",
    "search: {method: ranked, budget-minutes: 20, max-builds: 30, precision: fp16}",
    "",
  ].join("\n");
}

/** Whether anything says how the model is quantised, and it runs. */
export const isReady = ({ model, qdq, cache, calibration, fails }: PairedModel): boolean =>
  fails === undefined && (model.kind === "qdq" || [qdq, cache, calibration].some((path) => path !== undefined));

const exampleLines = [
  "# No ONNX file was found. An entry looks like this:",
  "#  - path: models/classifier.onnx",
  "#    quantization: {cache: calibration/classifier.cache}",
  "#    validation: {data: validation/classifier.npz}",
];

function entryLines(pair: PairedModel): string[] {
  const { model, validation, note, range } = pair;
  // Four digits are off by less than half a step of INT8.
  const ends = range === undefined ? "" : `, low: ${Number(range.low.toPrecision(4))}, high: ${Number(range.high.toPrecision(4))}`;
  return [
    `  - path: ${plainScalar(model.path)}`,
    ...shapeLines(pair),
    ...scaleLines(pair),
    ...(note === undefined ? [] : [`    # ${oneLine(note)}`]),
    ...(validation === undefined
      ? [
          "    # Random inputs show gross errors only: give real samples, e.g. {data: validation/model.npz}.",
          ...(range === undefined ? [] : ["    # From low to high: what the scale of the input holds."]),
          `    validation: {random: {seed: 0, samples: 16${ends}}}`,
        ]
      : [`    validation: {data: ${plainScalar(validation)}}`]),
    ...toleranceLines(pair.outputs ?? [], pair.samples ?? 0),
  ];
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, " ");

function shapeLines({ shapes, areGuessed, shapesFrom }: PairedModel): string[] {
  if (shapes.size === 0) return [];
  const list = [...shapes].map(([name, dims]) => `${plainScalar(name)}: [${dims.join(", ")}]`).join(", ");
  const why = areGuessed ? "guessed, since no samples here tell" : `as in ${plainScalar(shapesFrom ?? "")}`;
  return [`    # Sizes that the model leaves open, ${why}.`, `    shapes: {${list}}`];
}

/** A Q/DQ model says everything; a cache and calibration samples may stand together, since the samples renew a stale cache. */
function scaleLines({ model, qdq, cache, calibration }: PairedModel): string[] {
  if (qdq !== undefined) return [`    quantization: {qdq: ${plainScalar(qdq)}}`];
  if (model.kind === "qdq") return ["    # The scales are in the model: it holds QuantizeLinear and DequantizeLinear."];
  const sources = Object.entries({ cache, data: calibration }).flatMap(([key, path]) =>
    path === undefined ? [] : [`${key}: ${plainScalar(path)}`],
  );
  return [`    quantization: {${sources.join(", ")}}`];
}

/** Why a model is not an entry yet, as a sentence. */
export function lackOf({ gappy, fails }: PairedModel): string {
  if (fails !== undefined) return `it runs with no shape that was tried (${fails.replaceAll(/\s+/g, " ").slice(0, 300)}). Give its shapes.`;
  if (gappy === undefined) return "no calibration cache, calibration samples or Q/DQ model here fits it.";
  return `${plainScalar(gappy.path)} has no scale for ${gappy.missing} of the tensors that its compute nodes read; calibrate anew.`;
}

const missingLines = ({ model, validation, fails, ...pair }: PairedModel): string[] => [
  `# ${plainScalar(model.path)} is not checked yet: ${lackOf({ model, fails, ...pair })}`,
  `#  - path: ${plainScalar(model.path)}`,
  ...(fails === undefined ? [] : ["#    shapes: {input: [1, 3, 224, 224]}"]),
  "#    quantization: {data: calibration/samples.npz}   # or cache: a calibration cache, or qdq: the same model with Q/DQ",
  `#    validation: {data: ${plainScalar(validation ?? "validation/samples.npz")}}`,
];

const integerLines = ({ path }: FoundModel): string[] => [
  `# ${plainScalar(path)} is not checked: it is quantised by integer operators that TensorRT does not read. Export it with Q/DQ nodes.`,
];

const weightsLines = ({ path }: FoundModel): string[] => [
  `# ${plainScalar(path)} is not checked: it quantises weights alone, and their float values are not in it. Put the float model beside it.`,
];

const unreadLines = ({ path, why }: UnreadModel): string[] => [`# ${plainScalar(path)} is not checked: ${why.replaceAll(/\s+/g, " ")}`];

/** `.github/workflows/accuracy-gate.yml`: every pull request, least permissions. The action decides itself whether a model changed. */
export const starterWorkflow = (): string => `name: Accuracy gate
# No paths filter: a required check that never runs stays pending. The gate itself sees that no model changed.
on: pull_request
permissions: {}
jobs:
  gate:
    runs-on: ubuntu-24.04            # or [self-hosted, gpu] for real TensorRT engines
    permissions:
      contents: read                 # read the models
      pull-requests: write           # write the comment
    steps:
      - uses: actions/checkout@8e8c483db84b4bee98b60c0593521ed34d9990e8 # v6.0.1
        with:
          persist-credentials: false
          fetch-depth: 2
          # lfs: true                # where models are in Git LFS
      # Replace OWNER and COMMIT_SHA by the repository and the commit of the gate that you reviewed.
      - uses: OWNER/trt-accuracy-gate@COMMIT_SHA
`;

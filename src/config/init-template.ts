/** The first configuration and workflow of a repository, as commented text, from the names of its files. Pure; reads and writes nothing. */
import { isGlob, stemOf } from "./paths.ts";

/** Workspace-relative paths of files that look useful. */
export interface Found {
  readonly models: readonly string[];
  readonly caches: readonly string[];
  readonly samples: readonly string[];
}

/** The `.github/trt-gate.yml` to start with. Parses and settles as it is; without a model it holds an example in comments. */
export function starterConfig(found: Found): string {
  const models = found.models.filter((path) => !isQdq(path) && !isGlob(path));
  return [
    "# Configuration of the accuracy gate. Every key: trt-gate's README and schema/config.schema.json.",
    "version: 1",
    ...(models.length === 0 ? noModels : ["models:", ...models.flatMap((path) => modelLines(path, found, models.length))]),
    "",
    "# When a model regresses, the gate searches for the units to keep in higher precision.",
    "search: {method: ranked, budget-minutes: 20, max-builds: 30, precision: fp16}",
    "",
  ].join("\n");
}

const noModels = [
  "models: []",
  "# No ONNX file was found. An entry looks like this:",
  "#  - path: models/classifier.onnx",
  "#    quantization: {cache: calibration/classifier.cache}",
  "#    validation: {data: validation/classifier.npz}",
];

function modelLines(path: string, found: Found, count: number): string[] {
  const cache = partner(path, found.caches, count);
  const qdq = partner(path, found.models.filter(isQdq), count);
  const calibration = partner(
    path,
    found.samples.filter((file) => /calib/i.test(file)),
    count,
  );
  const validation = partner(
    path,
    found.samples.filter((file) => /val|eval|test/i.test(file)),
    count,
  );
  const sources = qdq === undefined ? pairs({ cache, data: calibration }) : pairs({ qdq });
  return [
    `  - path: ${word(path)}`,
    "    # shapes: {input: [1, 3, 224, 224]}   # for dynamic inputs",
    ...(sources === ""
      ? [
          "    # Where INT8 comes from: a calibration cache, calibration samples, or a Q/DQ model.",
          "    # quantization: {cache: calibration/model.cache}",
        ]
      : [`    quantization: {${sources}}`]),
    ...(validation === undefined
      ? [
          "    # Random inputs show gross errors only: give real samples, e.g. {data: validation/model.npz}.",
          "    validation: {random: {seed: 0, samples: 16}}",
        ]
      : [`    validation: {data: ${word(validation)}}`]),
    "    tolerance:",
    "      sqnr-db: {fail: 20, warn: 25}   # dB, higher is better",
    "      cosine: {fail: 0.997}",
  ];
}

const isQdq = (path: string): boolean => /[._-]qdq\.onnx$/i.test(path);

/** The file that belongs to a model: the one whose name or folder holds the model's stem; or the only one, where there is only one model. */
function partner(model: string, files: readonly string[], models: number): string | undefined {
  const stem = stemOf(model).toLowerCase();
  const named = files.filter(
    (file) =>
      !isGlob(file) &&
      file
        .toLowerCase()
        .split("/")
        .some((part) => part.split(/[._-]/).join("-").startsWith(stem.split(/[._-]/).join("-"))),
  );
  return named[0] ?? (models === 1 && files.length === 1 ? files[0] : undefined);
}

const pairs = (block: Readonly<Record<string, string | undefined>>): string =>
  Object.entries(block)
    .flatMap(([key, path]) => (path === undefined ? [] : [`${key}: ${word(path)}`]))
    .join(", ");

/** Plain where YAML reads it as the same text, else quoted. */
const word = (path: string): string => (/^[A-Za-z_][\w./-]*$/.test(path) ? path : JSON.stringify(path));

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

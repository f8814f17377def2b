/** What is fuzzed: sound files of each format, and what the gate does with a damaged one. */
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { readEvent } from "../../../src/changes/event.ts";
import { resolveSettings } from "../../../src/config/resolve-settings.ts";
import { exitCodeOfFailure } from "../../../src/gate/exit-code.ts";
import { pullPayload } from "../../fakes/event.ts";
import { outlierData, outlierModel } from "../../fakes/outlier-model.ts";
import { nanModel, soundModel } from "../../fakes/small-models.ts";
import type { Workplace } from "../workplace.ts";

export interface Format {
  readonly format: string;
  readonly seeds: readonly Uint8Array[];
  /** The exit code that a run ends with because of this file: 0 where it was read. */
  run(bytes: Uint8Array, place: Workplace): Promise<number>;
  /** Whether a damaged file may end in exit 0, found in another way than ours; left out where 0 only says that it could be read. */
  mayPass?(bytes: Uint8Array): boolean;
}

const file = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(`../../fixtures/${name}`, import.meta.url)));
const text = (content: string): Uint8Array => new TextEncoder().encode(content);
const head = (bytes: Uint8Array, lines: number): Uint8Array => text(new TextDecoder().decode(bytes).split("\n").slice(0, lines).join("\n"));

/** Every line of the command in turn; the first code that is not 0. */
const lines =
  (name: string, ...commands: readonly (readonly string[])[]) =>
  async (bytes: Uint8Array, place: Workplace): Promise<number> => {
    await writeFile(place.at(name), bytes);
    for (const words of commands) {
      const { exitCode } = await place.trtGate(...words);
      if (exitCode !== 0) return exitCode;
    }
    return 0;
  };

/** Of something that is no command. */
const codeOf = async (body: () => unknown): Promise<number> => {
  try {
    await body();
    return 0;
  } catch (error) {
    return exitCodeOfFailure(error);
  }
};

const dump = file("polygraphy-0.53/legacy-base64.json");
const cache = head(file("tensorrt-8.6.1-h100/cls.calibration.cache"), 12);
/** Arrays of a RunResults file, as they stand in it but for the padding of their headers: what passes against the sound file has just these. */
const payloads = (bytes: Uint8Array): string =>
  (new TextDecoder().decode(bytes).match(/"[A-Za-z0-9+/=]{40,}"/g) ?? [])
    .map((text) => Buffer.from(text.slice(1, -1), "base64").toString("latin1").replace(/\s/g, ""))
    .join();
/** Compute inputs of the model that the fuzzed caches are for. */
const scaled = ["x", "t1", "t2", "t3", "t4"];
/** What a cache must hold to fit, read anew: a header of TensorRT's, nothing but entries behind it, and for each input one scale that is one. */
const fits = (bytes: Uint8Array): boolean => {
  const [header = "", ...lines] = Buffer.from(bytes).toString("utf8").replaceAll("\r\n", "\n").split("\n");
  const entries = lines.filter((line) => line !== "").map((line) => /^(.*): (0{1,8}|[0-9a-f]{8})$/i.exec(line));
  if (!/^TRT-\d+-(EntropyCalibration2?|MinMaxCalibration|LegacyCalibration)$/.test(header) || entries.includes(null)) return false;
  return scaled.every((name) => {
    const scales = entries.flatMap((entry) =>
      entry?.[1] === name ? [Buffer.from((entry[2] ?? "").padStart(8, "0"), "hex").readFloatBE()] : [],
    );
    return new Set(scales).size === 1 && scales.every((scale) => scale > 0 && Number.isFinite(scale));
  });
};
/** The values of the sound archive, as they lie in it. */
const samples = Buffer.from(Float32Array.from(outlierData(8).data, Number).buffer);
const inspector: { Layers: unknown[]; Bindings: unknown[] } = JSON.parse(
  new TextDecoder().decode(file("tensorrt-8.6.1-h100/cls.int8.inspector.json")),
);

export const formats: readonly Format[] = [
  {
    format: "ONNX model",
    seeds: [soundModel(), nanModel(), outlierModel(), outlierModel("h", "w")],
    run: lines(
      "f.onnx",
      ["inspect", "f.onnx"],
      ["inputs", "f.onnx", "--samples", "1", "-o", "inputs.json"],
      ["cache", "check", "m.cache", "f.onnx"],
    ),
  },
  {
    format: "calibration cache",
    seeds: [cache],
    run: lines("f.cache", ["inspect", "f.cache"], ["cache", "check", "f.cache", "models/m.onnx"]),
    mayPass: fits,
  },
  {
    format: "RunResults",
    seeds: [dump],
    run: lines("f.json", ["compare", "sound.json", "f.json", "--tolerance", "max-abs=0"]),
    mayPass: (bytes) => payloads(bytes) === payloads(dump),
  },
  {
    format: "npy array",
    seeds: ["le-f4-C", "be-f2-F", "le-i8-C", "half-special"].map((name) => file(`numpy-2.4/${name}.npy`)),
    run: lines("f.npy", ["inspect", "f.npy"]),
  },
  {
    format: "npz archive",
    seeds: [],
    run: lines("f.npz", ["compare", "data/calibration.npz", "f.npz", "--tolerance", "max-abs=0"]),
    mayPass: (bytes) => Buffer.from(bytes).includes(samples),
  },
  {
    format: "inspector JSON",
    seeds: [text(JSON.stringify({ ...inspector, Layers: inspector.Layers.slice(0, 4) }))],
    run: lines("f.json", ["inspect", "f.json"]),
  },
  {
    format: "configuration",
    seeds: [],
    run: async (bytes, place) =>
      await codeOf(() =>
        resolveSettings({
          inputs: {},
          yaml: { path: "c.yml", text: new TextDecoder().decode(bytes) },
          today: "2026-11-24",
          workspace: { match: () => [place.at("models/m.onnx")], checkPath: () => undefined },
        }),
      ),
  },
  {
    format: "event payload",
    seeds: [
      text(JSON.stringify(pullPayload({ headSha: "a".repeat(40), baseSha: "b".repeat(40) }))),
      text(JSON.stringify({ repository: { id: 1 }, before: "c".repeat(40), after: "d".repeat(40) })),
      text(
        JSON.stringify({
          workflow_run: { head_sha: "a".repeat(40), head_repository: { id: 2, owner: { login: "x" } } },
          repository: { id: 1 },
        }),
      ),
    ],
    run: async (bytes, place) => {
      await writeFile(place.at("event.json"), bytes);
      const env = {
        GITHUB_ACTIONS: "true",
        GITHUB_EVENT_NAME: "pull_request",
        GITHUB_EVENT_PATH: place.at("event.json"),
        GITHUB_SHA: "a".repeat(40),
        GITHUB_REPOSITORY: "o/r",
      };
      return await codeOf(() => readEvent({ ...place.effects, env }));
    },
  },
];

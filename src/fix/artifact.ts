/** What a fix consists of. Text and bytes only; writing them is somebody else's. */
import type { PlacementRecord } from "../model/placement.ts";
import { plural } from "../model/plural.ts";
import type { KeptUnit } from "../report/schema.ts";

export const fixFormats = ["polygraphy", "trtexec", "qdq", "modelopt", "keep", "config"] as const;
export type FixFormat = (typeof fixFormats)[number];

export interface Artifact {
  readonly format: FixFormat;
  readonly fileName: string;
  readonly content: string | Uint8Array;
  /** The exact command that uses it. */
  readonly command: string;
  /** What the format cannot express (`trtexec`: names with commas, colons, quotes), each with why. */
  readonly leftOut: readonly { readonly name: string; readonly why: string }[];
}

/** What every format is made of. All of it stands in a report, so a fix can be made again from there. */
export interface Fix {
  readonly gateVersion: string;
  readonly model: { readonly name: string; readonly path: string; readonly sha256: string };
  readonly kept: readonly KeptUnit[];
  readonly totalUnits: number;
  readonly precision: "float16" | "float32";
  /** Units that stay in INT8: the precision map names them too, since a builder that is free to choose would leave them where it likes. */
  readonly int8?: readonly KeptUnit[];
  /** The format whose very file was built for the proof; undefined where no engine was built. The other formats claim nothing. */
  readonly proved?: { readonly format: FixFormat; readonly typed: boolean } | undefined;
  /** How the set was found, one sentence. */
  readonly why: string;
  /** What proves it, one sentence. */
  readonly verified: string;
  /** Path of the calibration cache, where the model is quantised by one. */
  readonly cachePath?: string | undefined;
  /** Where Q/DQ made from that cache goes; `core` where it is left out. */
  readonly placement?: PlacementRecord | undefined;
  /** Path of the Q/DQ model, where `model` is the float model beside it. */
  readonly qdqPath?: string | undefined;
  readonly algorithm?: string;
  /** What the model is quantised to, as reports name it; INT8 where it is left out. */
  readonly quantized?: string | undefined;
  /** Words that each tool needs to build as the gate did (shapes, builder options, the cache's calibrator); null: it cannot, for its cache or an input's name. */
  readonly buildWith?:
    | {
        readonly polygraphy: readonly string[];
        readonly trtexec: readonly string[] | null;
        readonly note?: string | undefined;
        /** As `trt-gate --shapes` takes them. */
        readonly shapes?: readonly string[] | undefined;
      }
    | undefined;
  /** The model's entry of the configuration as its author wrote it; undefined where flags described the model. */
  readonly entry?: Readonly<Record<string, unknown>> | undefined;
  /** How the commands name a file of the fix: by its own name where this is left out. */
  readonly place?: (fileName: string) => string;
  /** How the commands name the report: report.json beside them where this is left out. */
  readonly report?: string;
  /** The Q/DQ model with the Q/DQ of the kept units removed; only the `qdq` format needs it, and without it gives the script alone. */
  readonly editedModel?: Uint8Array | undefined;
  /** Why TensorRT takes the Q/DQ model in no form, whatever is kept; undefined where nothing speaks against it. */
  readonly refused?: string | undefined;
}

/** Forms that build an engine from the model as it is. The others change the repository, quantise anew, or make a model that ONNX Runtime runs. */
const engineFormats: readonly FixFormat[] = ["polygraphy", "trtexec"];

type Form = Pick<Fix, "refused" | "algorithm" | "precision" | "proved" | "quantized">;

/** `--quantize_mode` of ModelOpt's quantiser of ONNX files, which has no other: FP4 and mixtures are made in PyTorch. */
const modelOptModes: Readonly<Record<string, string>> = { INT8: "int8", FP8: "fp8", INT4: "int4" };
export const modelOptMode = ({ quantized = "INT8" }: Pick<Fix, "quantized">): string | undefined => modelOptModes[quantized];

/** True where Q/DQ nodes of the user's own model say what is quantised: then a unit is kept by taking its Q/DQ out of the file. */
export const comesAsQdq = ({ algorithm }: Pick<Fix, "algorithm">): boolean => algorithm === "Q/DQ";

/** Without types of its own a network runs a unit without Q/DQ in FP16 wherever that is faster: FP32 has to be asked for by the layers' names. */
export const raisesByName = ({ precision, proved }: Pick<Fix, "precision" | "proved">): boolean =>
  precision !== "float16" && proved?.typed === false;

/**
 * False for ModelOpt of what it cannot quantise to, for a form that builds an engine of a model that TensorRT takes in no form, and of one that comes as Q/DQ: layer precisions leave its quantisers
 * where they are, so that their clipping and rounding stays. There a script only adds to the model without them.
 */
export function takesFormat(fix: Form, format: FixFormat): boolean {
  if (format === "modelopt") return modelOptMode(fix) !== undefined;
  if (!engineFormats.includes(format)) return true;
  if (fix.refused !== undefined) return false;
  return !comesAsQdq(fix) || (format === "polygraphy" && raisesByName(fix));
}

/** In the order of `fixFormats`; never empty. */
export const formatsFor = (fix: Form): readonly FixFormat[] => fixFormats.filter((format) => takesFormat(fix, format));

/** The form of a fix that nobody chose one for. */
export const usualFormat = (fix: Form): FixFormat => (comesAsQdq(fix) ? "qdq" : "polygraphy");

/** Subject of the commit that puts the fix into the repository. */
export const commitMessage = ({ kept, model, precision }: Pick<Fix, "kept" | "model" | "precision">): string =>
  `Keep ${plural(kept.length, "unit")} of ${model.name} in ${precision}`;

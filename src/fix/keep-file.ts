/**
 * The file that keeps units in higher precision: reviewed in the repository and part of the candidate in every lane. Written from a fix, read for a
 * check. Names are matched with a model elsewhere.
 */

import { z } from "zod";
import { shellWord } from "../model/shell-word.ts";
import type { Artifact, Fix } from "./artifact.ts";

const keepSchema = z.object({
  format: z.literal("trt-gate-keep"),
  version: z.literal(1),
  model: z.object({ name: z.string(), path: z.string(), sha256: z.string() }),
  precision: z.enum(["float16", "float32"]),
  /** The search's names of units, and for readers the ONNX nodes behind each. An empty list keeps nothing. */
  units: z.array(z.object({ unit: z.string().min(1), nodes: z.array(z.string()) })),
  why: z.string().optional(),
  verified: z.string().optional(),
  madeBy: z.string().optional(),
});
export type KeepFile = z.infer<typeof keepSchema>;

/** What is wrong with the text, in words that follow the file's name, or what it says. */
export function parseKeepFile(text: string): { readonly keep: KeepFile } | { readonly fault: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { fault: "is no JSON" };
  }
  const parsed = keepSchema.safeParse(value);
  if (parsed.success) return { keep: parsed.data };
  const [issue] = parsed.error.issues;
  return { fault: `is no keep file: ${issue?.path.join(".") || "the file"} ${issue?.message ?? "cannot be read"}` };
}

type Told = Pick<Fix, "model" | "kept" | "precision" | "gateVersion"> & Partial<Pick<Fix, "why" | "verified">>;

/** One line a unit, so that a review shows which came and went. */
export function keepFileText({ model, kept, precision, why, verified, gateVersion }: Told): string {
  const head = { format: "trt-gate-keep", version: 1, model, precision };
  const units = kept.map(({ unit, nodes }) => `  ${JSON.stringify({ unit, nodes })}`);
  const tail = { why, verified, madeBy: `trt-gate ${gateVersion}` };
  const members = (value: object) =>
    Object.entries(value).flatMap(([key, member]) => (member === undefined ? [] : ` ${JSON.stringify(key)}: ${JSON.stringify(member)}`));
  return `{\n${[...members(head), ` "units": [\n${units.join(",\n")}\n ]`, ...members(tail)].join(",\n")}\n}\n`;
}

/** Where the file lies in the repository: where the entry has it, else beside the cache or the model that it belongs to. */
export const keepPath = ({ model, entry }: Pick<Fix, "model" | "entry">): string =>
  typeof entry?.keep === "string"
    ? entry.keep
    : `${(userCache(entry) ?? model.path).replace(/\.(cache|calib|table|bin|onnx)$/i, "")}.keep.json`;

/** Writes the keep file where the entry looks for it. */
export const keepCommand = (fix: Fix): string =>
  `trt-gate fix ${shellWord(fix.report ?? "report.json")} --model ${shellWord(fix.model.name)} --format keep -o ${shellWord(keepPath(fix))}`;

/** Always one file. */
export function makeKeep(fix: Fix): readonly Artifact[] {
  const path = keepPath(fix);
  const command = keepCommand(fix);
  return [{ format: "keep", fileName: path.split("/").at(-1) ?? path, content: keepFileText(fix), command, leftOut: [] }];
}

/** The cache of the repository; one that the gate made lies in its report. */
const userCache = (entry: Fix["entry"]): string | undefined => {
  const quantization = entry?.quantization;
  const cache = typeof quantization === "object" && quantization !== null && "cache" in quantization ? quantization.cache : undefined;
  return typeof cache === "string" ? cache : undefined;
};

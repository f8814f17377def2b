/** What a calibration cache cannot say about itself, in a JSON file beside it: which model it belongs to, from which samples, when. */
import { z } from "zod";
import { FileError } from "../effects/failure.ts";

const sidecarSchema = z.object({
  /** SHA-256 of the model (with its external data) that was calibrated. */
  modelSha256: z.string(),
  algorithm: z.string(),
  samples: z.number().int(),
  /** Hashes of the samples' rows (samples/fingerprints.ts), of the first few thousand. Notes of an older gate have none. */
  rows: z.array(z.string()).optional(),
  /** How many samples are random numbers of the gate's own, where any is. */
  madeUp: z.number().int().optional(),
  /** ISO time, UTC. */
  createdAt: z.string(),
});

export type Sidecar = Readonly<z.infer<typeof sidecarSchema>>;

/** The cache's own path and `.json`. */
export const sidecarPath = (cachePath: string): string => `${cachePath}.json`;

/** Its text, with a line feed at the end. */
export const writeSidecar = (sidecar: Sidecar): string => `${JSON.stringify(sidecar, undefined, 2)}\n`;

/** Throws FileError for anything that is not a sidecar. */
export function parseSidecar(text: string, file: string): Sidecar {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new FileError(file, "this is no JSON. Delete it, or calibrate anew.");
  }
  const parsed = sidecarSchema.safeParse(json);
  if (!parsed.success)
    throw new FileError(
      file,
      `${parsed.error.issues[0]?.path.join(".")} is missing or of a wrong kind. Delete the file, or calibrate anew.`,
    );
  return parsed.data;
}

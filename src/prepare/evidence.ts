/** What the validation samples of a model are worth, from their content and the calibration samples'. Gathers; gate/evidence.ts judges. */
import type { ModelEntry } from "../config/settings.ts";
import type { Evidence } from "../gate/evidence.ts";
import { countMadeUp } from "../model/job.ts";
import { type FingerprintedSource, mostCompared, overlapOf } from "../samples/fingerprints.ts";

/**
 * Reads all validation samples and, of a calibration set, as many as are compared. `rows`: what the cache's note says of the samples that it was made
 * from. Without either nothing is known to overlap.
 */
export async function evidenceOf(
  entry: Pick<ModelEntry, "isOverlapAllowed">,
  validation: FingerprintedSource,
  { source, rows }: { readonly source: FingerprintedSource | undefined; readonly rows: readonly string[] | undefined },
): Promise<Evidence> {
  const others = [...(source ? [{ prints: await source.fingerprints(mostCompared) }] : []), ...(rows ? [{ rows }] : [])];
  const { samples, distinct, alsoInOther } = overlapOf(await validation.fingerprints(), others);
  return { samples, distinct, inCalibration: alsoInOther, madeUp: countMadeUp(validation), isOverlapAllowed: entry.isOverlapAllowed };
}

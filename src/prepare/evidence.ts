/** What the validation samples of a model are worth, from their content and the calibration samples'. Gathers; gate/evidence.ts judges. */
import type { ModelEntry } from "../config/settings.ts";
import type { Evidence } from "../gate/evidence.ts";
import { type FingerprintedSource, overlapOf } from "../samples/fingerprints.ts";

/** Calibration samples that nobody read (a cache is in force) are read for this alone, so not without end. */
const mostRead = 4096;

/** Reads all validation samples and, of a calibration set, as many as `mostRead`. Without one nothing overlaps. */
export async function evidenceOf(
  entry: Pick<ModelEntry, "isOverlapAllowed">,
  validation: FingerprintedSource,
  calibration: FingerprintedSource | undefined,
): Promise<Evidence> {
  const { samples, distinct, alsoInOther } = overlapOf(await validation.fingerprints(), await calibration?.fingerprints(mostRead));
  const madeUp = Array.from({ length: validation.count }, (_, index) => validation.isMadeUp?.(index)).filter(Boolean).length;
  return { samples, distinct, inCalibration: alsoInOther, madeUp, isOverlapAllowed: entry.isOverlapAllowed };
}

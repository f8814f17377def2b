/** Which layers deserve a closer look: those that the fix keeps, by what they cost at the output, and those that add most error themselves. */
import type { ModelReport } from "./schema.ts";

const most = 4;
/** The fix's layers must not crowd out the worst ones: where the two differ, that is the question. */
const mostKept = 2;

/** Output tensors of at most four layers, without repeats. `gains`: cost at the output by unit. */
export function suspiciousTensors(
  worst: ModelReport["worst"],
  keep: readonly { readonly unit: string; readonly output?: string | undefined }[],
  gains: readonly { readonly unit: string; readonly share: number }[] = [],
): string[] {
  const shareOf = new Map(gains.map(({ unit, share }) => [unit, share]));
  const kept = keep
    .toSorted((a, b) => (shareOf.get(b.unit) ?? 0) - (shareOf.get(a.unit) ?? 0))
    .flatMap(({ output }) => output ?? [])
    .slice(0, mostKept);
  return [...new Set([...kept, ...worst.map(({ tensor }) => tensor)])].slice(0, most);
}

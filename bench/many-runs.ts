/**
 * What many checks in one process leave behind: resident memory, heap after a collection, open files and handles after each, and the slope of each a run with its 90 % interval
 * (least squares, normal errors). The first quarter warms up and does not count. `node bench/many-runs.ts [RUNS]` (default 200).
 */
import { readdirSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { workplace } from "../test/faults/workplace.ts";

const runs = Number(process.argv[2] ?? 200);
const counted = ["memory, MB", "heap, MB", "open files", "handles"] as const;
type Figures = Readonly<Record<(typeof counted)[number], number>>;

// Without it the figures show when garbage is collected, not what cannot be.
setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");

const place = await workplace();
const seen: Figures[] = [];
try {
  for (let run = 0; run < runs; run++) {
    const { exitCode } = await place.check();
    if (exitCode !== 0) throw new Error(`run ${run} ended with ${exitCode}`);
    collect();
    if (run >= runs / 4)
      seen.push({
        "memory, MB": process.memoryUsage().rss / 2 ** 20,
        "heap, MB": process.memoryUsage().heapUsed / 2 ** 20,
        "open files": readdirSync("/proc/self/fd").length,
        handles: process.getActiveResourcesInfo().length,
      });
  }
} finally {
  await place.end();
}

console.log(`${runs} checks in one process, the last ${seen.length} counted:`);
for (const what of counted) {
  const values = seen.map((one) => one[what]);
  const { slope, half } = slopeOf(values);
  console.log(
    `${what}: ${round(values[0])} to ${round(values.at(-1))}; ${round(slope)} a run (${round(slope - half)} to ${round(slope + half)})`,
  );
}

/** Of values at 0, 1, 2 …; `half`: half of the width of its 90 % interval. Both are not numbers for fewer than three values. */
function slopeOf(values: readonly number[]): { readonly slope: number; readonly half: number } {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const middle = (count - 1) / 2;
  const spread = values.reduce((sum, _, i) => sum + (i - middle) ** 2, 0);
  const slope = values.reduce((sum, value, i) => sum + (i - middle) * (value - mean), 0) / spread;
  const left = values.reduce((sum, value, i) => sum + (value - mean - slope * (i - middle)) ** 2, 0);
  return { slope, half: 1.645 * Math.sqrt(left / (count - 2) / spread) };
}

function round(value: number | undefined): string {
  return String(Number((value ?? Number.NaN).toFixed(3)));
}

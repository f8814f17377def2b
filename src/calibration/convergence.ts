/** How much the scales still move as samples are added: whether more samples would change the result. Figures only; the plot is the report's. */

export interface ConvergencePoint {
  /** Samples used so far. */
  readonly samples: number;
  /** Median and largest |scale / earlier scale - 1| since the point before, over the tensors that had a scale then: 0.01 is 1 %. */
  readonly medianChange: number;
  readonly worstChange: number;
}

export interface Checkpoint {
  readonly samples: number;
  readonly scales: ReadonlyMap<string, number>;
}

/** True after 1, 2, 4, 8, … samples: enough points for a curve, few enough to compute scales at each. */
export const isCheckpoint = (samples: number): boolean => (samples & (samples - 1)) === 0;

/** One point for each checkpoint after the first. */
export function convergenceOf(checkpoints: readonly Checkpoint[]): ConvergencePoint[] {
  return checkpoints.slice(1).map(({ samples, scales }, i) => {
    const earlier = checkpoints[i]?.scales ?? new Map<string, number>();
    const changes = [...scales].flatMap(([tensor, scale]) => changeOf(scale, earlier.get(tensor))).toSorted((a, b) => a - b);
    return { samples, medianChange: changes[Math.floor(changes.length / 2)] ?? 0, worstChange: changes.at(-1) ?? 0 };
  });
}

const changeOf = (scale: number, earlier: number | undefined): number[] => (earlier === undefined ? [] : [Math.abs(scale / earlier - 1)]);

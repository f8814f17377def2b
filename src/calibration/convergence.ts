/** How much the scales still move as samples are added: whether more samples would change the result. Figures only; the plot is the report's. */

export interface ConvergencePoint {
  /** Samples used so far. */
  readonly samples: number;
  /** Median and largest |log2(scale / final scale)| over the tensors that have both; 1 is a factor of two. 0 for the last point. */
  readonly medianLog2: number;
  readonly largestLog2: number;
}

/** True after 1, 2, 4, 8, … samples: enough points for a curve, few enough to compute scales at each. */
export const isCheckpoint = (samples: number): boolean => (samples & (samples - 1)) === 0;

export function convergenceOf(
  checkpoints: readonly { readonly samples: number; readonly scales: ReadonlyMap<string, number> }[],
  final: ReadonlyMap<string, number>,
): ConvergencePoint[] {
  return checkpoints.map(({ samples, scales }) => {
    const moves = [...scales].flatMap(([tensor, scale]) => moveOf(scale, final.get(tensor))).toSorted((a, b) => a - b);
    return { samples, medianLog2: moves[Math.floor(moves.length / 2)] ?? 0, largestLog2: moves.at(-1) ?? 0 };
  });
}

const moveOf = (scale: number, final: number | undefined): number[] => (final === undefined ? [] : [Math.abs(Math.log2(scale / final))]);

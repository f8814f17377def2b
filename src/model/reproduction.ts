/** Where the commands of a reproduction find and leave their files. Only types. */

export interface ReproductionFiles {
  /** Path of a file that a command of the reproduction writes, or that lies beside its script. */
  place(name: string): string;
  /** The calibration cache of scales that the gate made itself; undefined where the user's own cache or Q/DQ model says them. */
  readonly cache?: string;
  /** The keep file of units that the entry itself names; undefined where it names a file, or keeps nothing. */
  readonly keep?: string;
  /** ONNX files that the gate made itself and built these sides from; a side without one is the user's own file. */
  readonly models?: { readonly reference?: string; readonly candidate?: string };
  /** The timing cache of the run: with it the same engines come out. */
  readonly timingCache?: string;
}

/** Everything in the folder that the commands run in. */
export const besideCommands: ReproductionFiles = { place: (name) => name };

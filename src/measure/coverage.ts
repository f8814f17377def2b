/** Counts which tensors each side gave and in how many samples. Injected pairs are made by the measuring itself and do not count. */
import type { TensorPair } from "../model/engine.ts";
import type { Coverage } from "./measurement.ts";

interface Seen {
  reference: number;
  candidate: number;
  both: number;
}

export class CoverageCount {
  readonly #seen = new Map<string, Seen>();

  add(pair: TensorPair): void {
    if (pair.role === "injected") return;
    const seen = this.#seen.get(pair.tensor) ?? { reference: 0, candidate: 0, both: 0 };
    if (pair.reference) seen.reference++;
    if (pair.candidate) seen.candidate++;
    if (pair.reference && pair.candidate) seen.both++;
    this.#seen.set(pair.tensor, seen);
  }

  /** In words, how the sides' samples of a tensor differ; undefined where they are the same. */
  missingSamples(tensor: string, role: TensorPair["role"]): string | undefined {
    const seen = role === "injected" ? undefined : this.#seen.get(tensor);
    if (!seen || (seen.reference === seen.both && seen.candidate === seen.both)) return undefined;
    return `reference has ${seen.reference} samples, candidate ${seen.candidate}, both together ${seen.both}`;
  }

  result(): Coverage {
    const names = [...this.#seen];
    const having = (has: (seen: Seen) => boolean): string[] => names.filter(([, seen]) => has(seen)).map(([name]) => name);
    return {
      referenceTensors: having((seen) => seen.reference > 0).length,
      candidateTensors: having((seen) => seen.candidate > 0).length,
      compared: having((seen) => seen.both > 0).length,
      onlyReference: having((seen) => seen.reference > 0 && seen.candidate === 0),
      onlyCandidate: having((seen) => seen.candidate > 0 && seen.reference === 0),
    };
  }
}

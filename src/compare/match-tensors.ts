/**
 * Which arrays of two sides are compared with each other: by exact name (or an explicit mapping), iteration by iteration.
 * Never by position or by part of a name. What is on one side only, or in a different number of iterations, is said and not dropped.
 */
import { ConfigError } from "../effects/failure.ts";
import type { Iteration } from "../formats/saved-file.ts";
import type { StoredArray } from "../formats/stored-array.ts";
import type { Coverage } from "../measure/measurement.ts";
import { isQuantizedAgainstFloat, sameShape } from "../model/tensor.ts";

export interface ArrayPair {
  readonly sample: number;
  readonly reference: StoredArray;
  readonly candidate: StoredArray;
}

/** One tensor in all iterations. `fault`: it cannot be measured, and why. */
export interface TensorPairs {
  /** The reference's name. */
  readonly tensor: string;
  readonly pairs: readonly ArrayPair[];
  readonly fault?: { readonly kind: "shape-mismatch" | "type-mismatch" | "unequal-samples"; readonly note: string };
  readonly note?: string | undefined;
}

export interface PairedSides {
  /** In the reference's order of execution. */
  readonly tensors: readonly TensorPairs[];
  readonly coverage: Coverage;
  /** Reference names of the tensors that must be on both sides. */
  readonly finals: readonly string[];
}

/** A file of this many tensors or fewer holds an engine's own outputs; more are marked layers, of which engines differ. */
const fewTensors = 8;

/** `map`: reference name -> candidate name. Throws ConfigError for a mapping that names nothing. */
export function pairSides(reference: readonly Iteration[], candidate: readonly Iteration[], map: ReadonlyMap<string, string>): PairedSides {
  const referenceNames = namesOf(reference);
  const candidateNames = namesOf(candidate);
  checkMap(map, referenceNames, candidateNames);
  const back = new Map([...map].map(([from, to]) => [to, from]));
  // A candidate tensor that is mapped to one reference tensor is no longer the partner of the one of its own name.
  const partner = (name: string) => map.get(name) ?? (back.has(name) ? undefined : name);
  const held = new Set(candidateNames);
  const partners = new Map(
    referenceNames.flatMap((name): [string, string][] => {
      const other = partner(name);
      return other !== undefined && held.has(other) ? [[name, other]] : [];
    }),
  );
  const taken = new Set(partners.values());
  const finals = new Set([...finalOf(referenceNames), ...finalOf(candidateNames).map((name) => back.get(name) ?? name)]);
  return {
    tensors: [...partners].map(([name, other]) => pairTensor(name, other, reference, candidate)),
    coverage: {
      referenceTensors: referenceNames.length,
      candidateTensors: candidateNames.length,
      compared: partners.size,
      onlyReference: referenceNames.filter((name) => !partners.has(name)),
      onlyCandidate: candidateNames.filter((name) => !taken.has(name)),
    },
    finals: [...finals],
  };
}

/** The last tensor in order of execution is a final output; in a file of few tensors every one is. */
const finalOf = (names: readonly string[]): readonly string[] => (names.length <= fewTensors ? names : names.slice(-1));

const namesOf = (iterations: readonly Iteration[]): string[] => [...new Set(iterations.flatMap((iteration) => [...iteration.keys()]))];

function checkMap(map: ReadonlyMap<string, string>, reference: readonly string[], candidate: readonly string[]): void {
  const problems = [...map].flatMap(([from, to]) => [
    ...(reference.includes(from)
      ? []
      : [`--map names "${from}", which the reference does not hold. Use trt-gate inspect to see its names.`]),
    ...(candidate.includes(to) ? [] : [`--map names "${to}", which the candidate does not hold. Use trt-gate inspect to see its names.`]),
  ]);
  if (new Set(map.values()).size < map.size) problems.push("--map gives one candidate tensor twice. Map each to one reference tensor.");
  if (problems.length > 0) throw new ConfigError(problems);
}

function pairTensor(name: string, candidateName: string, reference: readonly Iteration[], candidate: readonly Iteration[]): TensorPairs {
  const left = reference.map((iteration) => iteration.get(name));
  const right = candidate.map((iteration) => iteration.get(candidateName));
  const pairs = left.flatMap((array, sample): ArrayPair[] => {
    const other = right[sample];
    return array && other ? [{ sample, reference: array, candidate: other }] : [];
  });
  const [leftCount, rightCount] = [countOf(left), countOf(right)];
  if (leftCount !== pairs.length || rightCount !== pairs.length || reference.length !== candidate.length) {
    const note = `${leftCount} of ${reference.length} iterations of the reference and ${rightCount} of ${candidate.length} of the candidate hold it, ${pairs.length} both`;
    return { tensor: name, pairs: [], fault: { kind: "unequal-samples", note } };
  }
  const uneven = pairs.find(({ reference: r, candidate: c }) => !sameShape(r.header.shape, c.header.shape));
  if (uneven) return { tensor: name, pairs: [], fault: { kind: "shape-mismatch", note: shapesText(uneven) } };
  const mixed = pairs.find(({ reference: r, candidate: c }) => r.header.dtype !== c.header.dtype);
  if (!mixed) return { tensor: name, pairs };
  const types = `reference is ${mixed.reference.header.dtype}, candidate ${mixed.candidate.header.dtype}`;
  if (isQuantizedAgainstFloat(mixed.reference.header.dtype, mixed.candidate.header.dtype))
    return { tensor: name, pairs: [], fault: { kind: "type-mismatch", note: types } };
  return {
    tensor: name,
    pairs,
    note: `${types}; measured in float64`,
  };
}

const countOf = (arrays: readonly unknown[]): number => arrays.filter((array) => array !== undefined).length;
const shapesText = ({ sample, reference, candidate }: ArrayPair): string =>
  `reference is [${reference.header.shape.join(", ")}], candidate [${candidate.header.shape.join(", ")}] in iteration ${sample}`;

/** A lane without engines: outputs are functions of the sample and of what is kept. */
import type { BuildFacts, Engine, TensorPair } from "../../src/model/engine.ts";
import type { PreparedLane } from "../../src/model/lane.ts";
import type { Tensor } from "../../src/model/tensor.ts";
import type { Unit } from "../../src/model/unit.ts";

export const tensor = (name: string, values: readonly number[], shape: readonly number[] = [1, values.length]): Tensor => ({
  name,
  dtype: "float32",
  shape,
  data: Float32Array.from(values),
});

export const fakeUnit = (n: number): Unit => ({
  id: `Conv:t${n}`,
  nodes: [`conv_${n}`],
  opType: "Conv",
  inputs: [`i${n}`],
  output: `t${n}`,
  order: n,
  block: `block${n >> 2}`,
  weightBytes: 4,
});

export interface FakeLane extends PreparedLane {
  /** Outputs asked for so far, and of which engine. */
  readonly asked: { readonly keep: readonly string[]; readonly samples: readonly number[]; readonly fresh: boolean }[];
}

export interface FakeLaneOptions extends Partial<Omit<PreparedLane, "build">> {
  /** `build` counts fresh builds from 0. Undefined: this side lacks the tensor. */
  readonly output: (
    sample: number,
    keep: ReadonlySet<string>,
    build: number,
  ) => { readonly reference: readonly number[] | undefined; readonly candidate: readonly number[] | undefined };
  /** What is known of an engine, and of the reference. */
  readonly facts?: (keep: ReadonlySet<string>, build: number) => Partial<BuildFacts>;
  readonly reference?: Partial<BuildFacts>;
  readonly layers?: Engine["layers"];
}

export function fakeLane({ output, facts, reference, layers, ...overrides }: FakeLaneOptions): FakeLane {
  const asked: FakeLane["asked"] = [];
  let built = 0;
  const engineOf = (keep: ReadonlySet<string>, fresh: boolean): Engine => {
    if (fresh) built++;
    const build = built;
    const pair = (sample: number): TensorPair => {
      const values = output(sample, keep, build);
      return {
        sample,
        tensor: "y",
        role: "output",
        reference: values.reference && tensor("y", values.reference),
        candidate: values.candidate && tensor("y", values.candidate),
      };
    };
    return {
      facts: { what: "candidate", role: "candidate", keep, seconds: 0, notes: [], ...facts?.(keep, build) },
      reference: { what: "reference", role: "reference", seconds: 0, notes: [], ...reference },
      outputs: async function* (samples) {
        asked.push({ keep: [...keep], samples, fresh });
        for (const sample of samples) yield pair(sample);
      },
      layers: layers ?? (async () => ({ pairs: nothing(), markingDb: undefined, dropped: [] })),
    };
  };
  return {
    lane: "simulate",
    units: [fakeUnit(0), fakeUnit(1), fakeUnit(2)],
    outputs: ["y"],
    order: new Map([["y", 9]]),
    sampleCount: 8,
    forms: new Map(),
    coverage: { quantizedUnits: 3, totalUnits: 3, missingScales: [], variant: "core" },
    deterministic: true,
    build: async ({ keep }, { fresh = false } = {}) => engineOf(keep, fresh),
    reproduce: () => [],
    close: async () => {},
    ...overrides,
    asked,
  };
}

async function* nothing(): AsyncGenerator<TensorPair> {}

/** A lane without engines: outputs are functions of the sample and of what is kept. */
import type { TensorPair } from "../../src/model/engine.ts";
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
  /** Candidate runs so far, with what was asked. */
  readonly asked: { readonly keep: readonly string[]; readonly samples: readonly number[]; readonly fresh: boolean }[];
}

export interface FakeLaneOptions extends Partial<Omit<PreparedLane, "run">> {
  /** `build` counts fresh builds from 0. Undefined: this side lacks the tensor. */
  readonly output: (
    sample: number,
    keep: ReadonlySet<string>,
    build: number,
  ) => { readonly reference: readonly number[] | undefined; readonly candidate: readonly number[] | undefined };
}

export function fakeLane({ output, ...overrides }: FakeLaneOptions): FakeLane {
  const asked: FakeLane["asked"] = [];
  let build = 0;
  async function* run(request: Parameters<PreparedLane["run"]>[0]): AsyncGenerator<TensorPair> {
    if (request.fresh) build++;
    asked.push({ keep: [...request.assignment.keep], samples: request.samples, fresh: request.fresh ?? false });
    for (const sample of request.samples) {
      const { reference, candidate } = output(sample, request.assignment.keep, build);
      yield {
        sample,
        tensor: "y",
        role: "output",
        reference: reference && tensor("y", reference),
        candidate: candidate && tensor("y", candidate),
      };
    }
  }
  return {
    lane: "simulate",
    units: [fakeUnit(0), fakeUnit(1), fakeUnit(2)],
    outputs: ["y"],
    order: new Map([["y", 9]]),
    sampleCount: 8,
    scores: new Map(),
    coverage: { quantizedUnits: 3, totalUnits: 3, missingScales: [], variant: "core", droppedMarks: [] },
    deterministic: true,
    builds: () => [],
    executed: () => [],
    reproduce: () => [],
    close: async () => {},
    ...overrides,
    run,
    asked,
  };
}

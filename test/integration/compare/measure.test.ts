import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { measureSides } from "../../../src/compare/compare.ts";
import { pairSides } from "../../../src/compare/match-tensors.ts";
import { startPool } from "../../../src/compare/worker-pool.ts";
import { readNpy, writeNpy } from "../../../src/formats/npy.ts";
import { writeRunResults } from "../../../src/formats/polygraphy-writer.ts";
import { measure } from "../../../src/measure/measure.ts";
import type { Measurement } from "../../../src/measure/measurement.ts";
import type { MetricName } from "../../../src/measure/metrics.ts";
import type { Tensor } from "../../../src/model/tensor.ts";
import type { RunEffects } from "../../fakes/run-effects.ts";
import { atWork, fixture, put } from "../../unit/compare/at-work.ts";

async function measured(
  reference: string,
  candidate: string,
  threads: number,
  effects: RunEffects,
  closeness = { atol: 1e-5, rtol: 1e-5 },
): Promise<Measurement[]> {
  const pool = startPool(threads, effects.files);
  try {
    const [r, c] = await Promise.all([pool.open(reference), pool.open(candidate)]);
    const sides = pairSides(r.runners[0]?.iterations ?? [], c.runners[0]?.iterations ?? [], new Map());
    return await all(measureSides(sides, { ...closeness, topK: 5, seed: 0, decisions: () => false }, pool));
  } finally {
    await pool.close();
  }
}

const numpy: {
  atol: number;
  rtol: number;
  tensors: Record<
    string,
    { metrics: Record<string, number | string>; reference: Record<string, number | string>; candidate: Record<string, number | string> }
  >;
} = JSON.parse(readFileSync(fixture("numpy-2.4/pairs-expected.json"), "utf8"));

const agrees = (own: number | undefined, wanted: number | string, what: string) => {
  const value = Number(wanted);
  const isClose = Math.abs((own ?? Number.NaN) - value) <= 1e-9 * Math.max(Math.abs(value), 1e-6);
  expect(Object.is(own, value) || isClose, `${what}: ${own} for ${value}`).toBe(true);
};

test.each([0, 2])("every figure equals numpy's in float64 to 1e-9, with %i threads", async (threads) => {
  const effects = await atWork();
  const measurements = await measured(
    fixture("numpy-2.4/pairs-reference.npz"),
    fixture("numpy-2.4/pairs-candidate.npz"),
    threads,
    effects,
    numpy,
  );
  expect(measurements).toHaveLength(Object.keys(numpy.tensors).length);
  for (const measurement of measurements) {
    const wanted = numpy.tensors[measurement.tensor];
    if (!wanted) throw new Error(`numpy has no ${measurement.tensor}`);
    for (const [name, value] of Object.entries(wanted.metrics))
      agrees(measurement.metrics[name as MetricName], value, `${measurement.tensor} ${name}`);
    for (const side of ["reference", "candidate"] as const) {
      for (const key of ["min", "max", "mean", "std"] as const)
        agrees(measurement[side][key], wanted[side][key] ?? Number.NaN, `${measurement.tensor} ${side} ${key}`);
    }
  }
});

test("finds the errors that Polygraphy found in the same recorded files", async () => {
  const effects = await atWork();
  const recorded = JSON.parse(
    readFileSync(fixture("tensorrt-8.6.1-h100/polygraphy_accuracy_results.json"), "utf8").replace(/\b(NaN|-?Infinity)\b(?=[,\s])/g, "null"),
  );
  const results: Record<string, { max_absdiff: number; mean_absdiff: number }> = recorded.lst[0].lst[0][1][0];
  const measurements = await measured(
    fixture("tensorrt-8.6.1-h100/fp16_layers_subset.json"),
    fixture("tensorrt-8.6.1-h100/int8_layers_subset.json"),
    0,
    effects,
  );
  expect(measurements).toHaveLength(40);
  for (const { tensor, metrics } of measurements) {
    // Polygraphy subtracts in float32.
    expect(metrics.maxAbs, tensor).toBeCloseTo(results[tensor]?.max_absdiff ?? Number.NaN, 6);
    expect(metrics.meanAbs, tensor).toBeCloseTo(results[tensor]?.mean_absdiff ?? Number.NaN, 6);
  }
});

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

const tensor = (name: string, data: Float32Array): Tensor => ({ name, dtype: "float32", shape: [data.length], data });

test("gives the same figures from RunResults as from .npy, whatever the length, in one thread or two", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 200_000 }), fc.integer(), async (length, seed) => {
      const effects = await atWork();
      let state = seed | 1;
      const random = () => {
        state = (Math.imul(state, 1664525) + 1013904223) | 0;
        return state / 2 ** 31;
      };
      const r = Float32Array.from({ length }, random);
      const c = Float32Array.from(r, (value) => value + 0.01 * random());
      for (const [name, data] of [
        ["r", r],
        ["c", c],
      ] as const) {
        await writeRunResults(
          `${effects.folder}/${name}.json`,
          name,
          (async function* () {
            yield [tensor("x", data.subarray(0, 1)), tensor("y", data)];
          })(),
          effects.files,
        );
        await put(effects, `${name}/y.npy`, writeNpy(tensor("y", data)));
      }
      const path = (name: string) => `${effects.folder}/${name}`;
      const [, fromJson] = await measured(path("r.json"), path("c.json"), 0, effects);
      const [, fromThreads] = await measured(path("r.json"), path("c.json"), 2, effects);
      const [fromNpy] = await measured(path("r"), path("c"), 0, effects);
      expect(fromThreads).toEqual(fromJson);
      expect(fromNpy?.metrics).toEqual(fromJson?.metrics);
      expect(fromNpy?.elements).toBe(length);
    }),
    { numRuns: 4 },
  );
});

test("a damaged array found by a thread is a file error with its place", async () => {
  const effects = await atWork();
  const data = new Float32Array(5_000);
  await writeRunResults(
    `${effects.folder}/a.json`,
    "a",
    (async function* () {
      yield [tensor("y", data)];
    })(),
    effects.files,
  );
  const text = await effects.files.readText(`${effects.folder}/a.json`);
  const at = text.indexOf("AAAA", 2_000) + 8_000;
  await put(effects, "b.json", `${text.slice(0, at)}!${text.slice(at + 1)}`);
  for (const threads of [0, 1]) {
    const failed = measured(`${effects.folder}/a.json`, `${effects.folder}/b.json`, threads, effects);
    await expect(failed).rejects.toMatchObject({ name: "FileError", file: `${effects.folder}/b.json`, offset: at });
  }
  await expect(measured(`${effects.folder}/a.json`, `${effects.folder}/missing.json`, 1, effects)).rejects.toMatchObject({
    name: "ConfigError",
  });
});

test("agreement of classes is measured where it is asked for", async () => {
  const effects = await atWork();
  const pool = startPool(0, effects.files);
  const file = await pool.open(fixture("tensorrt-8.6.1-h100/engine_outputs.npz"));
  const sides = pairSides(file.runners[0]?.iterations ?? [], file.runners[0]?.iterations ?? [], new Map([["fp16", "int8"]]));
  const [both] = await all(measureSides(sides, { atol: 0, rtol: 0, topK: 1, seed: 0, decisions: () => true }, pool));
  await pool.close();
  // numpy: (fp16.argmax(1) == int8.argmax(1)).mean()
  expect(both?.metrics.top1Agreement).toBe(0.875);
  // The README of the recordings: 8 images pooled, 19.3 dB.
  expect(both?.metrics.sqnrDb).toBeCloseTo(19.3, 1);
});

test.each([0, 1])("closing ends what is under way, with %i threads", async (threads) => {
  const effects = await atWork();
  const pool = startPool(threads, effects.files);
  const file = await pool.open(fixture("numpy-2.4/pairs-reference.npz"));
  const sides = pairSides(file.runners[0]?.iterations ?? [], file.runners[0]?.iterations ?? [], new Map());
  const rest = all(measureSides(sides, { atol: 0, rtol: 0, topK: 1, seed: 0, decisions: () => false }, pool));
  const settled = expect(rest).rejects.toThrow("the comparison was ended");
  await Promise.resolve();
  await pool.close();
  await settled;
});

test("agreement of large maps and rows, read in blocks, equals that of whole tensors", async () => {
  const effects = await atWork();
  const shapes = { map: [2, 5, 300, 301], rows: [40_000, 10], wide: [2, 300_000] };
  const values = (seed: number, count: number) => {
    let state = seed;
    return Float32Array.from({ length: count }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      return state / 2 ** 31;
    });
  };
  for (const [name, shape] of Object.entries(shapes)) {
    const count = shape.reduce((a, b) => a * b, 1);
    for (const side of [1, 2]) {
      const data = values(1, count);
      if (side === 2) for (const [i, value] of values(99, count).entries()) data[i] = (data[i] ?? 0) + value * 0.2;
      await put(effects, `${side}/${name}.npy`, writeNpy({ name, dtype: "float32", shape, data }));
    }
  }
  const pool = startPool(0, effects.files);
  const [r, c] = [await pool.open(`${effects.folder}/1`), await pool.open(`${effects.folder}/2`)];
  const [reference, candidate] = [r.runners[0]?.iterations ?? [], c.runners[0]?.iterations ?? []];
  const options = { atol: 0, rtol: 0, topK: 3, seed: 0 };
  const measurements = await all(measureSides(pairSides(reference, candidate, new Map()), { ...options, decisions: () => true }, pool));
  await pool.close();
  const pairs = async function* () {
    for (const name of Object.keys(shapes)) {
      const [a, b] = await Promise.all(
        [1, 2].map(async (side) => readNpy(name, await effects.files.readBytes(`${effects.folder}/${side}/${name}.npy`), name)),
      );
      yield { sample: 0, tensor: name, role: "output", reference: a, candidate: b } as const;
    }
  };
  const whole = await measure(pairs(), { ...options });
  for (const { tensor, metrics } of whole.measurements) {
    const own = measurements.find((one) => one.tensor === tensor)?.metrics;
    for (const name of ["top1Agreement", "topkAgreement", "argmaxAgreement"] as const)
      expect(own?.[name], `${tensor} ${name}`).toBe(metrics[name]);
  }
  expect(whole.measurements.find(({ tensor }) => tensor === "map")?.metrics.argmaxAgreement).toBeLessThan(1);
});

test("tells of class numbers the value on which the sides agree least, over all blocks", async () => {
  const effects = await atWork();
  // More than one block of a file. A tenth of the 60,000 is of class 3, of which the candidate finds a third.
  const length = 60_000;
  const reference = Int32Array.from({ length }, (_, i) => (i % 10 === 0 ? 3 : 1));
  const candidate = reference.map((value, i) => (value === 3 && i % 30 !== 0 ? 1 : value));
  for (const [side, data] of Object.entries({ reference, candidate }))
    await put(effects, `${side}/ids.npy`, writeNpy({ name: "ids", dtype: "int32", shape: [1, length], data }));
  const files = (side: string) => `${effects.folder}/${side}`;
  for (const threads of [0, 2]) {
    const [ids] = await measured(files("reference"), files("candidate"), threads, effects);
    expect(ids?.worstValue).toEqual({ value: 3, both: 2000, either: 6000, agreement: 1 / 3, of: 2 });
  }
  await effects.end();
});

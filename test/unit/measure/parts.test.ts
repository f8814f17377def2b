import { describe, expect, test } from "vitest";
import { entryAxes } from "../../../src/measure/entries.ts";
import { measure } from "../../../src/measure/measure.ts";
import { mapFor } from "../../../src/measure/parts.ts";
import type { OutputForm, PartMap } from "../../../src/model/output-form.ts";
import { options, pair, stream, tensor, typed } from "./pairs.ts";

const part = (name: string, where = "") => ({ name, where });
/** Two columns of boxes, one of scores. */
const columns: PartMap = {
  shape: [2, 3],
  labels: Uint8Array.of(1, 1, 2, 1, 1, 2),
  parts: [part("boxes"), { ...part("scores"), score: { kind: "sigmoid", node: "" } }],
};
const formed = (form: OutputForm) => ({ ...options, forms: new Map([["t", form]]) });

const measured = async (form: OutputForm, reference: readonly number[], candidate: readonly number[], shape: readonly number[]) => {
  const { measurements } = await measure(
    stream(pair({ reference: tensor("t", reference, shape), candidate: tensor("t", candidate, shape) })),
    formed(form),
  );
  const [first] = measurements;
  if (first === undefined) throw new Error("nothing was measured");
  return first;
};

describe("an output that is joined from several", () => {
  test("is measured whole and by part", async () => {
    const { metrics, parts, entries } = await measured(
      { parts: columns },
      [100, 200, 0.9, 300, 400, 0.8],
      [101, 200, 0, 300, 400, 0],
      [2, 3],
    );
    // numpy: 10 log10 of 300001.45 / 2.45, of 300000 / 1, of 1.45 / 1.45.
    expect(metrics.sqnrDb).toBeCloseTo(50.8796, 4);
    expect(parts?.map((one) => [one.part?.name, one.elements, one.metrics.sqnrDb])).toEqual([
      ["boxes", 4, expect.closeTo(54.77121, 4)],
      ["scores", 2, expect.closeTo(0, 9)],
    ]);
    expect(entries).toBeUndefined();
  });

  test("has the logits of a part that a Sigmoid makes as its score", async () => {
    const { parts } = await measured({ parts: columns }, [0, 0, 0.5, 0, 0, 0.5], [0, 0, 0.5, 0, 0, 0.9], [2, 3]);
    expect(parts?.map(({ score }) => score?.metrics.maxAbs)).toEqual([undefined, expect.closeTo(Math.log(9), 9)]);
  });

  test("keeps the figures of a part over many samples to those of one sample that holds them all", async () => {
    const one = await measured({ parts: columns }, [1, 2, 3, 4, 5, 6], [1, 2, 2, 4, 5, 7], [2, 3]);
    const doubled = [1, 2].map((sample) =>
      pair({ sample, reference: tensor("t", [1, 2, 3, 4, 5, 6], [2, 3]), candidate: tensor("t", [1, 2, 2, 4, 5, 7], [2, 3]) }),
    );
    const [two] = (await measure(stream(...doubled), formed({ parts: columns }))).measurements;
    expect(two?.parts?.map(({ samples, metrics }) => [samples, metrics.sqnrDb])).toEqual([
      [2, one.parts?.[0]?.metrics.sqnrDb],
      [2, expect.closeTo(one.parts?.[1]?.metrics.sqnrDb ?? 0, 9)],
    ]);
  });
});

describe("an output of another shape than the first", () => {
  /** Levels along axis 1, boxes and scores along axis 0. */
  const levels: PartMap = {
    shape: [2, 3],
    labels: Uint8Array.of(1, 1, 3, 2, 2, 4),
    parts: ["box one", "score one", "box two", "score two"].map((name) => part(name)),
  };

  test("keeps apart what lies apart on an axis of the same length", () => {
    const map = mapFor(levels, [2, 5]);
    expect(map?.parts.map(({ name }) => name)).toEqual(["box one, box two", "score one, score two"]);
    expect(map?.labels).toEqual(Uint8Array.of(1, 1, 1, 1, 1, 2, 2, 2, 2, 2));
  });

  test("has no parts where nothing is left to tell apart", () => {
    expect(mapFor(levels, [4, 3])?.parts.map(({ name }) => name)).toEqual(["box one, score one", "box two, score two"]);
    expect(mapFor(levels, [4, 5])).toBeUndefined();
    expect(mapFor(levels, [6])).toBeUndefined();
  });
});

describe("an output without parts", () => {
  test("has figures by entry along the axis with the worst", async () => {
    const { entries } = await measured({}, [100, 0.9, 200, 0.8, 300, 0.7], [101, 0, 200, 0, 300, 0], [1, 3, 2]);
    expect(entries).toMatchObject({ axis: 2, absMax: [1, 0.9], sqnrDb: [expect.closeTo(51.46128, 4), expect.closeTo(0, 9)] });
    expect(entries?.weight[1]).toBeCloseTo(Math.sqrt((2 * 1.94) / 140001.94), 9);
  });

  test("has figures along its first axis, which may be no batch, and along long ones, apart from those of the list", async () => {
    const long = Array.from({ length: 300 }, (_, i) => i + 1);
    const { entries, countedEntries } = await measured({}, [...long, ...long], [...long, ...long.map(() => 0)], [2, 300]);
    expect(entries).toBeUndefined();
    expect(countedEntries?.map(({ axis, sqnrDb }) => [axis, sqnrDb.length])).toEqual([
      [0, 2],
      [1, 300],
    ]);
    expect(countedEntries?.[0]?.sqnrDb).toEqual([Infinity, 0]);
  });

  test("has none where its only axis of few entries is the batch", async () => {
    expect((await measured({}, [1, 2], [1, 2], [2])).entries).toBeUndefined();
  });
});

test("entries lie along the channels of a picture, else along every axis but the first", () => {
  const shapes = [[1, 19, 64, 96], [1, 19, 2, 96], [1, 84, 8400], [5, 8], [300], [1, 270, 8, 8]];
  expect(shapes.map((shape) => entryAxes(shape, "listed"))).toEqual([[1], [1, 2, 3], [1], [1], [], [2, 3]]);
  expect(shapes.map((shape) => entryAxes(shape, "all"))).toEqual([[1], [1, 2, 3], [1, 2], [0, 1], [0], [1]]);
});

describe("values of whole numbers", () => {
  const ids = (values: readonly number[]) => typed("int64", BigInt64Array.from(values, BigInt));

  test("agree or do not: 942 for 959 is as wrong as 1 for 959", async () => {
    const pairs = stream(pair({ reference: ids([959, 959, 3, 4]), candidate: ids([942, 1, 3, 4]) }));
    const [measurement] = (await measure(pairs, options)).measurements;
    expect(measurement?.kind).toBe("index");
    expect(measurement?.metrics.agreement).toBe(0.5);
  });

  test("are quantities where the graph says so", async () => {
    const pairs = stream(pair({ reference: ids([200]), candidate: ids([199]) }));
    const [measurement] = (await measure(pairs, formed({ values: "quantity" }))).measurements;
    expect(measurement?.kind).toBe("quantity");
    expect(measurement?.metrics.agreement).toBeUndefined();
  });
});

test("a size that the data decides and that differs is not another model's shape", async () => {
  const pairs = () => stream(pair({ reference: tensor("t", [1, 2]), candidate: tensor("t", [1]) }));
  expect((await measure(pairs(), options)).measurements[0]?.fault).toBe("shape-mismatch");
  const sizedBy = { opType: "NonZero", node: "n" };
  expect((await measure(pairs(), formed({ sizedBy }))).measurements[0]).toMatchObject({
    fault: "data-dependent-size",
    note: expect.stringContaining('NonZero "n" decides how many there are'),
  });
});

/** What small integer inputs hold over all samples: a profile wants it of an input that TensorRT takes as a shape, whose own shape says nothing. */
import type { FeedSource, ShapeRange } from "../../model/job.ts";
import type { ModelInput } from "../../onnx/inputs.ts";

/** TensorRT takes shapes of at most this many numbers. */
const mostNumbers = 64;

/** By name, elementwise: least, first sample's and largest. Nothing for inputs that are long, of another type, or of different lengths; empty without samples. */
export async function shapeValues(samples: FeedSource, inputs: readonly ModelInput[]): Promise<ReadonlyMap<string, ShapeRange>> {
  const names = inputs.filter(({ dtype }) => dtype === "int32" || dtype === "int64").map(({ name }) => name);
  const found = new Map<string, number[][]>();
  for (let i = 0; names.length > 0 && i < samples.count; i++) {
    const feed = await samples.feed(i);
    for (const name of names) {
      const data = feed.get(name)?.data;
      if (data !== undefined && data.length <= mostNumbers) found.set(name, [...(found.get(name) ?? []), Array.from(data, Number)]);
    }
  }
  return new Map(
    [...found].flatMap(([name, rows]) => {
      const [first = []] = rows;
      if (rows.length !== samples.count || rows.some((row) => row.length !== first.length)) return [];
      const over = (choose: (...numbers: number[]) => number) => first.map((_, k) => choose(...rows.map((row) => row[k] ?? 0)));
      return [[name, { min: over(Math.min), opt: first, max: over(Math.max) }] as const];
    }),
  );
}

import { describe, expect, it } from "vitest";
import { ToolError } from "../../../../src/effects/failure.ts";
import { markTensors } from "../../../../src/lanes/tensorrt/mark-outputs.ts";
import type { Recipe } from "../../../../src/lanes/tensorrt/recipe.ts";
import type { Session, Side } from "../../../../src/lanes/tensorrt/session.ts";
import { outputPairs, smallestSqnrDb } from "../../../../src/lanes/tensorrt/side-pairs.ts";
import type { Tensor } from "../../../../src/model/tensor.ts";

const vector = (name: string, values: readonly number[]): Tensor => ({
  name,
  dtype: "float32",
  shape: [values.length],
  data: Float32Array.from(values),
});
const recipe: Recipe = { what: "engine", modelPath: "m", typed: false, fp16: true, int8: true, marks: [] };

/** An engine whose final output `y` is moved by `moved`. */
const side = (marks: readonly string[], moved: number): Side => ({
  recipe: { ...recipe, marks },
  executed: [],
  state: undefined,
  repeatIdentical: true,
  plan: undefined,
  names: ["y", ...marks],
  build: { seconds: 1, sizeBytes: 1, missingScales: [], degraded: [], warnings: [], calibrationBatches: 0, memory: null },
  tensor: async (_, name) => vector(name, name === "y" ? [1 + moved, 2] : [0]),
});

async function mark(batch: number, make: (marks: readonly string[]) => Side) {
  const sizes: number[] = [];
  const session: Pick<Session, "make"> = {
    make: async ({ marks }) => {
      sizes.push(marks.length);
      return make(marks);
    },
  };
  const marks = ["a", "b", "c", "d", "e", "f", "g", "h"];
  const result = await markTensors({
    session,
    recipe,
    marks,
    batch,
    plain: side([], 0),
    outputs: ["y"],
    samples: [0, 1],
    errorDb: 20,
    onBuilt: () => {},
  });
  return { result, sizes };
}

describe("marking in batches", () => {
  it("takes each batch in one engine while marking moves nothing", async () => {
    const { result, sizes } = await mark(3, (marks) => side(marks, 0));
    expect(sizes).toEqual([3, 3, 2]);
    expect([...result.sides.keys()]).toHaveLength(8);
    expect(result.dropped).toEqual([]);
  });

  it("halves a batch that does not fit into the GPU's memory, and tries no larger one again", async () => {
    const { result, sizes } = await mark(8, (marks) => {
      if (marks.length > 2) throw new ToolError("gpu-oom", "out of memory");
      return side(marks, 0);
    });
    expect(sizes).toEqual([8, 4, 2, 2, 2, 2]);
    expect(result.dropped).toEqual([]);
  });

  it("drops and names the one tensor that no engine takes", async () => {
    const { result } = await mark(8, (marks) => {
      if (marks.includes("c")) throw new ToolError("build-failed", "no kernel");
      return side(marks, 0);
    });
    expect(result.dropped).toEqual(["c"]);
    expect(result.sides.size).toBe(7);
  });

  it("drops what moves the final output more than another build could, within a bounded number of builds", async () => {
    const { result, sizes } = await mark(8, (marks) => side(marks, 1));
    expect(result.sides.size).toBe(0);
    expect(result.dropped).toHaveLength(8);
    expect(sizes.length).toBeLessThanOrEqual(14);
  });

  it("drops a batch whose influence cannot be measured", async () => {
    const { result } = await mark(8, (marks) => side(marks, Number.NaN));
    expect(result.sides.size).toBe(0);
  });

  it("passes on a failure that fewer marks cannot mend", async () => {
    await expect(
      mark(8, () => {
        throw new ToolError("disk-full", "full");
      }),
    ).rejects.toMatchObject({ reason: "disk-full" });
  });
});

describe("how far two engines are apart", () => {
  const giving = (values: readonly number[]) => ({ tensor: async (_: number, name: string) => vector(name, values) });
  const apart = (reference: readonly number[], candidate: readonly number[], samples = [0]) =>
    smallestSqnrDb(outputPairs({ reference: giving(reference), candidate: giving(candidate), outputs: ["y"] }, samples));

  it("is the pooled SQNR, infinite for equal outputs and NaN for none", async () => {
    expect(await apart([3, 4], [3, 3.5])).toBeCloseTo(20, 9);
    for (const same of [1, 0]) expect(await apart([same], [same])).toBe(Number.POSITIVE_INFINITY);
    expect(await apart([1], [Number.NaN])).toBeNaN();
    expect(await apart([1], [1], [])).toBeNaN();
    expect(await apart([1, 2], [1])).toBeNaN();
  });
});

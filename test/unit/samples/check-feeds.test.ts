import { expect, it } from "vitest";
import type { Feed } from "../../../src/model/tensor.ts";
import type { ModelInput } from "../../../src/onnx/inputs.ts";
import { checkFeeds } from "../../../src/samples/check-feeds.ts";

const ids: ModelInput = { name: "ids", dtype: "int32", elementType: "uint8", dims: [1, 2], limits: [0, 255] };
const source = (values: readonly number[]) => ({
  description: "val.npz",
  count: values.length,
  feed: async (i: number): Promise<Feed> =>
    new Map([["ids", { name: "ids", dtype: "int32", shape: [1, 2], data: Int32Array.from([0, values[i] ?? 0]) }]]),
  close: async () => {},
});

it("tells a fault of hundreds of samples once, with the first of them and their number", async () => {
  const values = [7, ...Array.from({ length: 399 }, (_, i) => 256 + i)];
  const failure = await checkFeeds(source(values), [ids], new Map()).catch((error: Error) => error.message);
  expect(failure).toBe("val.npz, sample 1 (and 398 more of 400): 'ids' holds 256, and uint8 ends at 0 and 255. Correct the data.");
});

it("lets samples pass that fit", async () => {
  await expect(checkFeeds(source([0, 255]), [ids], new Map())).resolves.toBeUndefined();
});

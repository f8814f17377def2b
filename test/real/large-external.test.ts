/** A model whose weights lie beyond 2 GiB of their file, where 32-bit offsets end. The file is sparse. */
import { open, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { writeNpy } from "../../src/formats/npy.ts";
import { externalTensor, modelBytes, node } from "../fakes/onnx-models.ts";
import { runEffects } from "../fakes/run-effects.ts";
import { pairsOf, simulateJob, sqnrDb, withLane } from "../fakes/simulate-job.ts";

const offset = 2 ** 31 + 4096;
const weights = Float32Array.from({ length: 16 }, (_, i) => Math.cos(i));

it("reads, stages and runs weights at an offset above 2 GiB", async () => {
  const effects = await runEffects();
  const at = (name: string) => join(effects.folder, name);
  const tensor = externalTensor("w", { location: "w.bin", offset: String(offset), length: String(weights.byteLength) });
  tensor.dims = [4n, 4n];
  await effects.files.writeBytes(
    at("m.onnx"),
    modelBytes({ nodes: [node("MatMul", ["x", "w"], ["y"])], weights: [tensor], outputs: ["y"] }),
  );
  const file = await open(at("w.bin"), "w");
  await file.write(new Uint8Array(weights.buffer), 0, weights.byteLength, offset);
  await file.close();
  expect((await stat(at("w.bin"))).size).toBeGreaterThan(2 ** 31);
  const x = Float32Array.from({ length: 16 }, (_, i) => Math.sin(i * 1.7));
  await effects.files.writeBytes(at("x.npy"), writeNpy({ name: "x", dtype: "float32", shape: [4, 4], data: x }));

  const staged = await simulateJob({ model: at("m.onnx"), shapes: { x: [1, 4] }, validation: at("x.npy"), calibration: at("x.npy") });
  await rm(at("w.bin"));
  await withLane(staged, async (lane) => {
    const pairs = await pairsOf(lane);
    const products = Array.from({ length: 4 }, (_, column) =>
      x.slice(0, 4).reduce((sum, value, row) => sum + value * (weights[4 * row + column] ?? Number.NaN), 0),
    );
    for (const [i, product] of products.entries()) expect(Number(pairs[0]?.reference?.data[i])).toBeCloseTo(product, 5);
    expect(sqnrDb(pairs)).toBeGreaterThan(30);
  });
  await effects.end();
});

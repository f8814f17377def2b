import { expect, it } from "vitest";
import { LoadedNetworks } from "../../../../src/lanes/tensorrt/loaded-networks.ts";
import type { Hello } from "../../../../src/lanes/tensorrt/protocol.ts";
import type { WorkerRequest } from "../../../../src/lanes/tensorrt/worker.ts";

const description = JSON.stringify({ inputs: [], outputs: [], layers: [] });

/** A worker that answers everything and counts what it holds. */
function worker() {
  const held = new Set<unknown>();
  let generation = 1;
  const loads: unknown[] = [];
  const networks = new LoadedNetworks(
    {
      worker: { hello: async () => ({}) as Hello, generation: () => generation },
      files: { readText: async () => description },
      folder: "/nowhere",
      shapes: new Map(),
      plugins: [],
      values: new Map(),
      versionCompatible: false,
    },
    async <T>({ op, body, reads }: WorkerRequest<T>) => {
      if (op === "load") held.add(body.network);
      if (op === "load") loads.push(body.model);
      if (op === "unload" && !held.delete(body.network)) throw new Error("a network was let go of that is not held");
      return reads.parse({});
    },
  );
  const restart = () => {
    generation += 1;
    held.clear();
  };
  return { networks, held, loads, restart };
}

it("keeps the networks that were asked for last, three of thirty, and parses again what it let go of", async () => {
  const { networks, held, loads } = worker();
  await networks.load("reference", false);
  for (let i = 0; i < 30; i++) {
    await networks.load(`candidate-${i}`, false);
    await networks.load("reference", false);
    expect(held.size).toBeLessThanOrEqual(3);
  }
  expect(loads.filter((model) => model === "reference")).toHaveLength(1);
  await networks.load("candidate-3", false);
  expect(loads.filter((model) => model === "candidate-3")).toHaveLength(2);
});

it("asks a worker that was started again for nothing that it never had", async () => {
  const { networks, held, loads, restart } = worker();
  for (const name of ["a", "b", "c"]) await networks.load(name, true);
  restart();
  for (const name of ["a", "b", "c", "d"]) await networks.load(name, true);
  expect(loads).toEqual(["a", "b", "c", "a", "b", "c", "d"]);
  expect(held.size).toBe(3);
});

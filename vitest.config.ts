import { defineConfig } from "vitest/config";

/** Tiers: unit = pure and fakes, integration = real git, threads, shells and processes, faults = one real fault each (docs/faults.md), dist = the committed bundle spawned, real = real models and real Python as oracle. */
const tier = (name: string) => ({ test: { name, include: [`test/${name}/**/*.test.ts`], testTimeout: 120_000, hookTimeout: 180_000 } });

export default defineConfig({
  test: {
    passWithNoTests: false,
    projects: [tier("unit"), tier("integration"), tier("faults"), tier("dist"), tier("real")],
  },
});

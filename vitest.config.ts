import { defineConfig } from "vitest/config";

/**
 * Tiers. unit: pure, or fakes and small files, all in one process (nothing of them may stay behind). integration: real git, threads, shells,
 * processes, a Markdown parser, the largest reports. faults: one real fault each (docs/faults.md). dist: the committed bundle spawned.
 * real: real models, with Python as the oracle.
 */
const tier = (name: string, more: object = {}) => ({
  test: { ...more, name, include: [`test/${name}/**/*.test.ts`], testTimeout: 120_000, hookTimeout: 180_000 },
});

export default defineConfig({
  test: {
    passWithNoTests: false,
    // vitest's own choice leaves one core to itself: on a runner with two, one file after the other.
    maxWorkers: "100%",
    projects: [
      tier("unit", { isolate: false, maxWorkers: 1 }),
      tier("integration"),
      tier("faults", { maxConcurrency: 3, globalSetup: "test/faults/bundle-folder.ts" }),
      tier("dist"),
      tier("real"),
    ],
  },
});

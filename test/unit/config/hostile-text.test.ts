import fc from "fast-check";
import { expect, it } from "vitest";
import { stringify } from "yaml";
import { configSchema } from "../../../src/config/schema.ts";
import { readYaml } from "../../../src/config/yaml.ts";
import { path, problemsOf } from "./settle-samples.ts";

/** Every key of the configuration, so that random values meet real checks. */
const keys = [...new Set(JSON.stringify(configSchema.toJSONSchema({ io: "input" })).match(/(?<=[{,]")[a-z][a-z0-9-]*(?=":\{)/g))];

const value: fc.Arbitrary<unknown> = fc.letrec<{ node: unknown }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 5, depthSize: "small" },
    fc.constantFrom(1, 0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, "", "a", "*", "../x", "2026-12-31", true, null),
    fc.array(tie("node"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...keys, "x"), tie("node"), { maxKeys: 6 }),
  ),
})).node;

it("says a place for every problem of any value, and never fails in another way", () => {
  fc.assert(
    fc.property(fc.array(value, { maxLength: 3 }), value, (models, search) => {
      const problems = problemsOf(stringify({ version: 1, models, search }));
      for (const problem of problems) expect(problem).toMatch(/^\.github\/trt-gate\.yml:\d+: .*[.?]$/s);
    }),
    { numRuns: 300 },
  );
});

it("turns any text into a value or into problems", () => {
  const text = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(..."&*a:-[]{}?!|>%@`'\"#,\n\t 1~") }));
  fc.assert(
    fc.property(text, (yaml) => {
      const read = readYaml(yaml);
      expect(read.problems.length > 0).toBe(read.value === undefined);
      for (const problem of problemsOf(yaml)) expect(problem.startsWith(`${path}:`)).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

import { expect, it } from "vitest";
import { shapesFromFlags } from "../../../src/config/shapes.ts";
import { ConfigError } from "../../../src/effects/failure.ts";

it("reads --shapes as trtexec writes them, names with colons included", () => {
  const shape = [1, 3, 48, 192];
  expect(shapesFromFlags(["x:1x3x48x192", "serving:in:8"])).toEqual(
    new Map([
      ["x", { min: shape, opt: shape, max: shape }],
      ["serving:in", { min: [8], opt: [8], max: [8] }],
    ]),
  );
  expect(shapesFromFlags([]).size).toBe(0);
});

it("names every wrong one", () => {
  const faults = ["x", "x:", "x:1x", "x:0x3", "x:-1x3", "x:1.5", ":3"];
  expect(() => shapesFromFlags(faults)).toThrow(
    new ConfigError(faults.map((flag) => `--shapes has "${flag}"; write NAME:DIMS, e.g. x:1x3x48x192 or x:[1,3,48,192].`)),
  );
  expect(() => shapesFromFlags(["x:1", "x:2"])).toThrow('--shapes gives "x" twice; keep one.');
});

it("shapes are read in the words of Polygraphy as well, and several in one flag as trtexec takes them", () => {
  const optima = (...flags: string[]) => Object.fromEntries([...shapesFromFlags(flags)].map(([name, { opt }]) => [name, opt]));
  expect(optima("x:[1,3,48,192]", "s:[]", "in:0:[2, 4]")).toEqual({ x: [1, 3, 48, 192], s: [], "in:0": [2, 4] });
  expect(optima("a:1x3,b:[2,4],c:8")).toEqual({ a: [1, 3], b: [2, 4], c: [8] });
  expect(optima("odd,name:1x2")).toEqual({ "odd,name": [1, 2] });
  expect(() => shapesFromFlags(["x:[1,-3]"])).toThrow('--shapes has "x:[1,-3]"; write NAME:DIMS, e.g. x:1x3x48x192 or x:[1,3,48,192].');
});

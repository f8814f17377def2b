import { describe, expect, it } from "vitest";
import { commandHelp, overview } from "../../../src/commands/help.ts";
import { flagsOf } from "../../../src/commands/parse.ts";
import { specs } from "../../../src/commands/specs.ts";

it("lists every command, in lines that fit a terminal", () => {
  const text = overview(specs);
  for (const { name } of specs) expect(text).toMatch(new RegExp(`^  ${name} `, "m"));
  expect(text).toContain("4 undecided or a tool failed");
});

describe.each(specs.map((spec) => [spec.name, spec] as const))("the help of %s", (_, spec) => {
  const text = commandHelp(spec);

  it("names every flag, its usage and its examples", () => {
    for (const flag of Object.keys(flagsOf(spec))) expect(text).toContain(`--${flag}`);
    for (const line of spec.usage.split("\n")) expect(text).toContain(`trt-gate ${line} [FLAGS]`);
    for (const example of spec.examples) expect(text).toContain(`\n  ${example}\n`);
  });

  it("keeps its columns within 110 characters", () => {
    const columns = text.split("\n").filter((line) => line.startsWith("  ") && !line.startsWith("  trt-gate"));
    expect(Math.max(...columns.map((line) => line.length))).toBeLessThanOrEqual(110);
  });
});

it("shows short names, allowed values and defaults", () => {
  const text = specs.map(commandHelp).join("").replace(/\s+/g, " ");
  expect(text).toContain("-o, --output FILE");
  expect(text).toContain("--as comment|summary|html");
  expect(text).toContain("(default .github/trt-gate.yml)");
});

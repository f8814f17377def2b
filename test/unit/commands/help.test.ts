import { describe, expect, it } from "vitest";
import { commandHelp, overview } from "../../../src/commands/help.ts";
import { flagsOf } from "../../../src/commands/parse.ts";
import { specs } from "../../../src/commands/specs.ts";

const longest = (lines: readonly string[]): number => Math.max(...lines.map((line) => line.length));

it("lists every command, in lines that fit a terminal", () => {
  const text = overview(specs);
  for (const { name } of specs) expect(text).toMatch(new RegExp(`^  ${name} `, "m"));
  expect(text).toContain("  4  undecided, or a tool failed\n");
  expect(longest(text.split("\n"))).toBeLessThanOrEqual(80);
});

describe.each(specs.map((spec) => [spec.name, spec] as const))("the help of %s", (_, spec) => {
  const text = commandHelp(spec);

  it("names every flag, its usage and its examples", () => {
    for (const flag of Object.keys(flagsOf(spec))) expect(text).toContain(`--${flag}`);
    for (const line of spec.usage.split("\n")) expect(text).toContain(`trt-gate ${line} [FLAGS]`);
    for (const example of spec.examples) expect(text).toContain(`\n  ${example}\n`);
  });

  it("fits 80 columns, save for commands to copy", () => {
    const commands = [...spec.usage.split("\n"), ...spec.examples];
    expect(longest(text.split("\n").filter((line) => !commands.some((command) => line.includes(command))))).toBeLessThanOrEqual(80);
  });
});

it("shows short names, allowed values and defaults", () => {
  const text = specs.map(commandHelp).join("").replace(/\s+/g, " ");
  expect(text).toContain("-o, --output FILE");
  expect(text).toContain("--as comment|summary|html");
  expect(text).toContain("(default .github/trt-gate.yml)");
});

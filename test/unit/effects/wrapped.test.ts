import { expect, it } from "vitest";
import { width, wrapped } from "../../../src/effects/wrapped.ts";

const command = "`git config --global --add safe.directory /home/runner/work/models/models`";

it("breaks a sentence between words, and never a command in backticks", () => {
  const lines = wrapped(`The repository belongs to another user, so git refuses it. Run ${command} before the gate.`, "  ");
  expect(lines).toContain(`  ${command}`);
  expect(lines.filter((line) => width(line) > 80)).toEqual([]);
  expect(lines.join(" ").replaceAll(/ +/g, " ")).toContain(`Run ${command} before`);
});

it("breaks everywhere where a backtick stands alone, and keeps the spaces that a line begins with", () => {
  const lines = wrapped(`  one \` ${"word ".repeat(40)}end`, "  ");
  expect(lines.length).toBeGreaterThan(2);
  expect(lines[0]).toMatch(/^ {2}one ` word/);
});

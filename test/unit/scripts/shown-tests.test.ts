import { describe, expect, it } from "vitest";
import { unmatched } from "../../../scripts/shown-tests.ts";
import type { Row } from "../../faults/rows.ts";

const row = (fault: string, shown: string): Row => ({ fault, ends: "none", says: "-", shown });
const file = "test/faults/a.test.ts";
const tests = [
  { file, titles: ["group", "one fault"] },
  { file, titles: ["group", "the sound file passes"] },
  { file, titles: ["cancelled", "in fix: exit 4"] },
  { file: "test/dist/b.test.ts", titles: ["elsewhere"] },
];
const sound = [row("one fault", file), row("cancelled", file)];

describe("rows of faults and collected tests", () => {
  it("belong together where each row is the title of its test, or of a group of tests", () => {
    expect(unmatched([...sound, row("hot", "not run: no machine"), row("old", "gpu/records/x.json")], tests)).toEqual([]);
  });

  it("names a row whose test is text in a file but was not collected, is in another file, or has a longer name", () => {
    for (const fault of ["two", "elsewhere", "one", "in fix"])
      expect(unmatched([...sound, row(fault, file)], tests)).toEqual([`no test: ${fault} (${file})`]);
  });

  it("names a test of a fault without a row", () => {
    expect(unmatched(sound.slice(1), tests)).toEqual([`no row: ${file}: group > one fault`]);
  });
});

import { describe, expect, it } from "vitest";
import { unmatched } from "../../../scripts/shown-tests.ts";
import type { Row } from "../../faults/rows.ts";

const row = (fault: string, shown: string): Row => ({ fault, ends: "none", says: "-", shown });
const tests = [
  { file: "test/faults/a.test.ts", name: "group one fault" },
  { file: "test/faults/a.test.ts", name: "group the sound file passes" },
  { file: "test/dist/b.test.ts", name: "cancelled in fix: exit 4, and more" },
];
const sound = [row("one fault", "test/faults/a.test.ts: one fault"), row("cancel", "test/dist/b.test.ts: in $stage: exit 4")];

describe("rows of faults and collected tests", () => {
  it("belong together where each row has its test, also one of a table", () => {
    expect(unmatched([...sound, row("hot", "not run: no machine"), row("old", "gpu/records/x.json")], tests)).toEqual([]);
  });

  it("names a row whose test is text in a file but was not collected, is in another file or has another name", () => {
    for (const shown of ["test/faults/a.test.ts: two", "test/dist/b.test.ts: one fault", "test/dist/b.test.ts: in fix? exit 4"])
      expect(unmatched([...sound, row("lost", shown)], tests)).toEqual([`no test: lost (${shown})`]);
  });

  it("names a test of a fault without a row", () => {
    expect(unmatched(sound.slice(1), tests)).toEqual(["no row: test/faults/a.test.ts: group one fault"]);
  });
});

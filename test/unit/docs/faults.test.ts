/** Rows of the table of faults, their tests and the reasons belong together. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { exitOf, fileOf } from "../../../scripts/fault-page.ts";
import { reasons } from "../../../src/gate/reasons.ts";
import { parts } from "../../faults/rows.ts";

const rows = Object.values(parts).flat();

describe("the table of faults", () => {
  it("names each fault once", () => {
    const names = rows.map(({ fault }) => fault);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
    expect(rows.length).toBeGreaterThan(100);
  });

  it("has a test of its own in test/faults for every row, or a record of hardware, or says that it was not run", () => {
    const text = (file: string) => (existsSync(file) ? readFileSync(file, "utf8") : "");
    const without = rows.filter((row) => {
      const file = fileOf(row);
      if (file === undefined) return !row.shown.startsWith("not run: ") && !(row.shown.startsWith("gpu/records/") && existsSync(row.shown));
      // Titles of fuzzing are made of the formats that lie beside it.
      const title = row.fault.startsWith("fuzzed ") ? row.fault.slice("fuzzed ".length) : row.fault;
      return !`${text(file)}${file.includes("/fuzz/") ? text("test/faults/fuzz/formats.ts") : ""}`.includes(JSON.stringify(title));
    });
    expect(without.map(({ fault, shown }) => `${fault}: ${shown}`)).toEqual([]);
  });

  it("has a row for every file of test/faults; that it has one for every test is held by a run of all tests", () => {
    const files = readdirSync("test/faults", { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".test.ts"));
    expect(files.length).toBeGreaterThan(15);
    expect(files.filter((name) => !rows.some(({ shown }) => shown === `test/faults/${name}`))).toEqual([]);
  });

  it("gives each reason the exit code that the reason table has, and each fault an end", () => {
    const known = rows.filter(({ ends }) => Object.hasOwn(reasons, ends));
    expect(known.length).toBeGreaterThan(40);
    expect(rows.filter((row) => row.ends !== "none" && exitOf(row) === undefined)).toEqual([]);
  });
});

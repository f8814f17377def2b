/** Rows of the table of faults, their tests and the reasons belong together. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { exitOf, shownBy } from "../../../scripts/fault-page.ts";
import { reasons } from "../../../src/gate/reasons.ts";
import { parts } from "../../faults/rows.ts";

const rows = Object.values(parts).flat();

describe("the table of faults", () => {
  it("names each fault once", () => {
    const names = rows.map(({ fault }) => fault);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
    expect(rows.length).toBeGreaterThan(100);
  });

  it("has a test with that title for every row, or a record, or says that it was not run", () => {
    const without = rows.filter((row) => {
      const by = shownBy(row);
      if (by === undefined) return !row.shown.startsWith("not run: ") && !existsSync(row.shown);
      return !existsSync(by.file) || !readFileSync(by.file, "utf8").includes(by.title);
    });
    expect(without.map(({ fault, shown }) => `${fault}: ${shown}`)).toEqual([]);
  });

  it("has a row for every test of a fault", () => {
    const files = readdirSync("test/faults", { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".test.ts"));
    const titles = files.flatMap((name) =>
      [...readFileSync(`test/faults/${name}`, "utf8").matchAll(/\b(?:it|test)\("([^"]+)"|^ {2}\["([^"]+)", \(/gm)].map(
        ([, one, other]) => one ?? other ?? "",
      ),
    );
    expect(titles.length).toBeGreaterThan(15);
    expect(titles.filter((title) => !title.startsWith("the sound ") && !rows.some(({ fault }) => fault === title))).toEqual([]);
  });

  it("gives each reason the exit code that the reason table has, and each fault an end", () => {
    const known = rows.filter(({ ends }) => Object.hasOwn(reasons, ends));
    expect(known.length).toBeGreaterThan(40);
    expect(rows.filter((row) => row.ends !== "none" && exitOf(row) === undefined)).toEqual([]);
  });
});

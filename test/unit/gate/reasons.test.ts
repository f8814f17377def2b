import { readdir, readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { overallExitCode } from "../../../src/gate/exit-code.ts";
import { caveatRows, failureRows, reasonRows } from "../../../src/gate/reason-rows.ts";
import { reasonOf, reasons } from "../../../src/gate/reasons.ts";

const sources = async (): Promise<{ file: string; text: string }[]> => {
  const files = (await readdir("src", { recursive: true })).filter((file) => file.endsWith(".ts"));
  return await Promise.all(files.map(async (file) => ({ file, text: await readFile(`src/${file}`, "utf8") })));
};

describe("the reason table", () => {
  test("gives each kind of verdict its one exit code, and each failure its own", () => {
    const wanted = { pass: 0, regression: 1, undecided: 4 };
    const failures: Readonly<Record<string, number>> = { configuration: 2, "untrusted-model": 3, internal: 5 };
    for (const [code, { kind, exit }] of Object.entries(reasons)) expect(exit, code).toBe(failures[code] ?? wanted[kind]);
    for (const code of Object.keys(failures)) expect(reasonOf(code).kind).toBe("undecided");
  });

  test("says in whole sentences what happened and what to do", () => {
    for (const [code, { sentence, next }] of Object.entries(reasons)) {
      expect(sentence, code).toMatch(/^[A-Z].*\.$/s);
      expect(next, code).toMatch(/^[A-Z].*[.?]$/s);
      expect(code).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    }
  });

  test("knows every reason that a tool's failure is given in the source", async () => {
    const used = (await sources()).flatMap(({ file, text }) =>
      [...text.matchAll(/new ToolError\(\s*"([a-z-]+)"/g)].map(([, code = ""]) => ({ file, code })),
    );
    expect(used.length).toBeGreaterThan(10);
    expect(used.filter(({ code }) => !Object.hasOwn(reasons, code))).toEqual([]);
  });

  test("lists nothing that cannot happen: each reason is given somewhere in the source", async () => {
    const texts = (await sources()).filter(({ file }) => file !== "gate/reasons.ts").map(({ text }) => text);
    const given = (code: string) => texts.some((text) => text.includes(`"${code}"`) || text.includes(`${code}:`));
    expect(Object.keys(reasons).filter((code) => !given(code))).toEqual([]);
  });

  test("reads an unknown reason, even a name of Object's own, as a failed tool and never as a pass", () => {
    for (const code of ["brand-new", "constructor", "__proto__", ""]) expect(reasonOf(code), code).toBe(reasons["tool-failed"]);
  });

  test("stands in the documentation as it is here, caveats and failures too", async () => {
    const page = await readFile("docs/verdicts.md", "utf8");
    for (const row of [...reasonRows(), ...caveatRows(), ...failureRows()]) {
      const cells = row.map((cell) => cell.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("\\s*\\|\\s*");
      expect(page).toMatch(new RegExp(`^\\| ${cells}\\s*\\|$`, "m"));
    }
    const table = page.slice(page.indexOf("gen:reasons"), page.indexOf("gen:caveats"));
    const listed = table.split("\n").filter((line) => line.startsWith("| `")).length;
    expect(listed).toBe(Object.keys(reasons).length);
  });

  test("has exit codes that the overall exit code knows", () => {
    for (const { exit } of Object.values(reasons)) expect(overallExitCode([exit])).toBe(exit);
  });
});

/** What the project's own test runner chooses, and what its check of tests finds. */
import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { conditionalExpects } from "../../../scripts/check-expects.ts";
import { selectTests, tierNames } from "../../../scripts/select-tests.ts";

describe("a line of npm test", () => {
  it("without words asks for every tier, and every folder of test/ that holds tests is one", () => {
    expect(selectTests([])).toEqual({ tiers: tierNames, files: [] });
    const folders = readdirSync("test").filter((name) =>
      readdirSync(`test/${name}`, { recursive: true }).some((file) => String(file).endsWith(".test.ts")),
    );
    expect(folders.toSorted()).toEqual(tierNames.toSorted());
  });

  it("with a file asks for that file alone, whatever tier the script names", () => {
    expect(selectTests(["unit", "test/unit/gate/judge.test.ts"])).toEqual({ tiers: ["unit"], files: ["test/unit/gate/judge.test.ts"] });
    expect(selectTests(["unit", "test/real/gate.test.ts"])).toEqual({ tiers: ["real"], files: ["test/real/gate.test.ts"] });
    expect(selectTests(["unit", "judge"])).toEqual({ tiers: ["unit"], files: ["judge"] });
  });
});

describe("an expect that may be passed over", () => {
  it.each([
    ["under an if", "it('a', () => {\n  if (x) expect(1).toBe(1);\n});", [2]],
    ["under an else", "if (x) y();\nelse {\n  expect(1).toBe(1);\n}", [3]],
    ["behind an operator", "x && expect(1);\ny ?? expect(2);\nz ? expect(3) : 0;", [1, 2, 3]],
    ["in a catch", "try { f() } catch {\n\n expect(1) }", [3]],
  ])("is found %s", (_, source, lines) => {
    expect(conditionalExpects(source)).toEqual(lines);
  });

  it("is none in a loop, a function, a finally or the condition itself", () => {
    const source = "for (const a of b) expect(a);\nconst f = () => expect(1);\ntry { f() } finally { expect(2) }\nif (expect(3)) f();";
    expect(conditionalExpects(source)).toEqual([]);
  });
});

import { expect, it } from "vitest";
import { environmentWords } from "../../../src/report/sections/footer.ts";
import { sampleReport } from "../../fakes/report.ts";

const report = sampleReport();
const wordsOf = (commits: { headSha: string | null; baseSha: string | null }) =>
  environmentWords({ ...report, environment: { ...report.environment, ...commits } }).join(" · ");

it.each([
  ["both commits", { headSha: "a".repeat(40), baseSha: "b".repeat(40) }, " · checked aaaaaaa against bbbbbbb · "],
  ["the one commit where there is no base", { headSha: "a".repeat(40), baseSha: null }, " · checked aaaaaaa · "],
])("names %s", (_, commits, expected) => {
  expect(wordsOf(commits)).toContain(expected);
});

it("names no commit outside a repository", () => {
  expect(wordsOf({ headSha: null, baseSha: null })).not.toContain("checked");
});

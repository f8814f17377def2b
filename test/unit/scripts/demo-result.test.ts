/** What the demo takes for its expected end. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { faultOfDemo } from "../../../scripts/demo-result.ts";
import { sampleReport } from "../../fakes/report.ts";

const folder = mkdtempSync(join(tmpdir(), "demo-result-"));
afterAll(() => rmSync(folder, { recursive: true }));

it("is exit code 1 with a report of a regression, and nothing less", async () => {
  const path = join(folder, "report.json");
  expect(await faultOfDemo(1, path)).toContain("wrote no report");
  writeFileSync(path, JSON.stringify({ ...sampleReport(), verdict: "pass" }));
  expect(await faultOfDemo(1, path)).toContain("tells pass");
  writeFileSync(path, JSON.stringify({ ...sampleReport(), verdict: "regression" }));
  expect(await faultOfDemo(1, path)).toBeUndefined();
  expect(await faultOfDemo(5, path)).toContain("ended with 5");
  expect(await faultOfDemo(null, path)).toContain("a signal");
});

/** Takes docs/images/report.png: the head of the sample regression's page, as the README shows it. Needs Chromium (test/real/browser.ts says where). */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { renderHtml } from "../src/report/html/page.ts";
import { sampleReport } from "../test/fakes/report.ts";
import { startBrowser } from "../test/real/browser.ts";

const target = process.argv[2] ?? "docs/images/report.png";
const folder = await mkdtemp(join(tmpdir(), "trt-gate-screenshot-"));
const browser = await startBrowser();
try {
  const page = await browser.newPage({ viewport: { width: 1100, height: 1130 } });
  await writeFile(join(folder, "report.html"), renderHtml(sampleReport()));
  await page.goto(pathToFileURL(join(folder, "report.html")).href);
  await page.screenshot({ path: target });
  console.log(target);
} finally {
  await browser.close();
  await rm(folder, { recursive: true, force: true });
}

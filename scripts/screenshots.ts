/**
 * Takes the pictures of docs/images/ of what the gate makes of the demo's pull request: the head of its page, its comment as GitHub shows it, and the
 * command's own words on a terminal. Needs Chromium (test/real/browser.ts says where). Usage: npm run screenshots [FOLDER]
 */
import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { micromark } from "micromark";
import { gfm, gfmHtml } from "micromark-extension-gfm";
import type { Browser } from "playwright-core";
import { escapeHtml } from "../src/report/html/markup.ts";
import { renderHtml } from "../src/report/html/page.ts";
import { reportSchema } from "../src/report/schema.ts";
import { renderTerminal } from "../src/report/terminal.ts";
import { startBrowser } from "../test/real/browser.ts";
import { baseBranch, writeDemoPullRequest } from "./demo-pull-request.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const target = process.argv[2] ?? join(root, "docs/images");
/** As `npm run demo` calls it, beside the models: the terminal's picture shows its path. */
const demoFolder = "demo-report";

const colours: Readonly<Record<string, string>> = {
  1: "font-weight:700",
  2: "opacity:.6",
  31: "color:#ff8177",
  32: "color:#6fdd8b",
  33: "color:#e3b341",
};

const work = await mkdtemp(join(tmpdir(), "trt-gate-screenshots-"));
const browser = await startBrowser();
try {
  await mkdir(target, { recursive: true });
  await runDemo();
  const report = reportSchema.parse(JSON.parse(await readFile(join(work, "demo", demoFolder, "report.json"), "utf8")));
  const comment = await readFile(join(work, "demo", demoFolder, "comment.md"), "utf8");
  await take(browser, "report", renderHtml(report), { width: 1100, height: 1240 });
  await take(browser, "report-layers", renderHtml(report), { width: 1100, height: 1500 }, "section:has(> .explore)");
  await take(browser, "comment", commentPage(comment), { width: 900, height: 1240 });
  await take(browser, "terminal", terminalPage(renderTerminal(report, { ansi: true, folder: demoFolder })), { width: 800, height: 1000 });
} finally {
  await browser.close();
  await rm(work, { recursive: true, force: true });
}

async function runDemo(): Promise<void> {
  const repository = join(work, "demo");
  await writeDemoPullRequest(repository);
  const words = ["check", "--lane", "simulate", "--changed-since", baseBranch, "--report-dir", demoFolder];
  const gate = spawnSync(process.execPath, [join(root, "src/cli.ts"), ...words], { cwd: repository, encoding: "utf8" });
  if (gate.status !== 1) throw new Error(`the demo ended with ${gate.status ?? gate.signal}, not with a regression:\n${gate.stderr}`);
}

/** A page from its top, or from the first element that `only` names on, of at most that height. */
async function take(on: Browser, name: string, html: string, size: { width: number; height: number }, only?: string): Promise<void> {
  const file = join(work, `${name}.html`);
  await writeFile(file, html);
  const page = await on.newPage({ viewport: { width: size.width, height: 200 } });
  await page.goto(pathToFileURL(file).href);
  const path = join(target, `${name}.png`);
  const top = only === undefined ? 0 : Math.max(0, ((await page.locator(only).first().boundingBox())?.y ?? 0) - 10);
  const height = Math.min(size.height, (await page.evaluate<number>("document.documentElement.scrollHeight")) - top);
  await page.screenshot({ path, fullPage: true, clip: { x: 0, y: top, width: size.width, height } });
  await page.close();
  console.log(path);
}

function commentPage(markdown: string): string {
  const body = micromark(markdown, { extensions: [gfm()], htmlExtensions: [gfmHtml()], allowDangerousHtml: true });
  return framed(
    `body{margin:0;padding:24px 32px;font:16px/1.5 system-ui,"Noto Sans","Liberation Sans",sans-serif;color:#1f2328}
h2,h3{border-bottom:1px solid #d1d9e0;padding-bottom:.3em}code,pre{font-family:ui-monospace,Menlo,Consolas,"Liberation Mono",monospace;font-size:85%;background:#818b981f;border-radius:6px}code{padding:.2em .4em}
pre{padding:16px;white-space:pre-wrap;background:#f6f8fa}pre code{background:none;padding:0;font-size:100%}table{border-collapse:collapse}th,td{border:1px solid #d1d9e0;padding:6px 13px}tr:nth-child(2n){background:#f6f8fa}details{margin:12px 0}sub{color:#59636e}blockquote{margin:0;padding:0 1em;color:#59636e;border-left:.25em solid #d1d9e0}`,
    body,
  );
}

/** The few colours that `renderTerminal` uses. */
function terminalPage(text: string): string {
  const command = "$ trt-gate check --lane simulate --changed-since main --report-dir demo-report\n\n";
  const body = escapeHtml(command + text.replaceAll("\u001b", "\u241b"))
    .replaceAll(/\u241b\[0m/g, "</span>")
    .replaceAll(/\u241b\[(\d+)m/g, (_, code: string) => `<span style="${colours[code] ?? ""}">`);
  return framed(
    `body{margin:0;background:#0d1117}pre{margin:0;padding:20px 24px;color:#e6edf3;font:14px/1.45 ui-monospace,Menlo,Consolas,"DejaVu Sans Mono","Liberation Mono",monospace}`,
    `<pre>${body}</pre>`,
  );
}

function framed(style: string, body: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Picture</title><style>${style}</style></head><body>${body}</body></html>`;
}

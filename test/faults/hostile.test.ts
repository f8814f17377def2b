/** A report of 12 models and 5,000 failing layers whose every name is hostile, published whole: each sink keeps its limit and nothing in it is active. */
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Ended, openWorkplace, type Workplace } from "../dist/spawn.ts";
import { commandsIn } from "../fakes/command-oracle.ts";
import { pullPayload } from "../fakes/event.ts";
import { hostileReport } from "../fakes/hostile-report.ts";
import { foreign } from "../fakes/markdown-oracle.ts";
import { type Bundle, freshBundle } from "./bundle.ts";

let bundle: Bundle;
let place: Workplace;
let ended: Ended;
beforeAll(async () => {
  bundle = await freshBundle();
  place = await openWorkplace(() => bundle.folder);
  const headSha = place.repository.commit({ "README.md": "x" });
  place.github.headSha = headSha;
  place.event("pull_request", pullPayload({ headSha, baseSha: headSha }), headSha);
  const report = hostileReport(5000, 12);
  const share = join(place.folder, "share");
  mkdirSync(share);
  writeFileSync(join(share, "report.json"), JSON.stringify({ ...report, environment: { ...report.environment, headSha } }));
  ended = await place.command(["merge", join(share, "report.json"), "-o", "merged/report.json"], { GITHUB_TOKEN: "t0ken" }).ended;
});
afterAll(async () => {
  await place.end();
  await bundle.remove();
});

const file = (name: string) => join(place.repository.folder, "merged", name);
const runUrl = () => `${place.env.GITHUB_SERVER_URL}/o/r/actions/runs/20`;

describe("Markdown, HTML and mentions in names", () => {
  it("end with the verdict of their models", () =>
    expect([ended.exitCode, ended.outputs.verdict], ended.log.slice(0, 2000)).toEqual([1, "regression"]));

  it("make one comment under GitHub's limit, with its marker, its verdict and the head of its table", () => {
    expect(place.github.comments).toHaveLength(1);
    const body = place.github.comments[0]?.body ?? "";
    expect(Math.max(body.length, Buffer.byteLength(body))).toBeLessThanOrEqual(60_000);
    expect(body.startsWith("<!-- trt-gate v1 key=")).toBe(true);
    expect(body).toContain("Do not merge");
    expect(body).toMatch(/^\| Model .*\|$/m);
    expect(foreign(body, runUrl())).toEqual([]);
  });

  it("make a summary under the runner's limit", () => {
    expect(Buffer.byteLength(ended.summary)).toBeLessThan(1024 * 1024);
    expect(ended.summary).toContain("Do not merge");
    expect(foreign(ended.summary, runUrl())).toEqual([]);
  });

  it("make at most 10 annotations of a level, and no other command", () => {
    // The artifact client masks its signature and tells of its steps by itself.
    const commands = commandsIn(ended.log).filter((name) => !["debug", "add-mask", "group", "endgroup"].includes(name));
    expect(commands.filter((name) => !["error", "warning", "notice"].includes(name))).toEqual([]);
    expect(commands).toContain("error");
    for (const level of ["error", "warning", "notice"]) expect(commands.filter((name) => name === level).length).toBeLessThanOrEqual(10);
    expect(ended.log.split("\n").filter((line) => /^::(error|warning)/.test(line) && line.length > 10_000)).toEqual([]);
    expect(ended.log).not.toContain("\u001b");
  });

  it("make short outputs", () => {
    expect(Object.values(ended.outputs).filter((value) => value.length > 500)).toEqual([]);
    expect(ended.outputs).toMatchObject({ regressions: "12", "comment-url": place.github.comments[0]?.html_url });
  });

  it("make a page that holds them as text only", () => {
    const html = readFileSync(file("report.html"), "utf8");
    expect(statSync(file("report.html")).size).toBeLessThan(30e6);
    const scripts = [...html.matchAll(/<script\b[^>]*>/gi)].map(([tag]) => tag);
    expect(scripts.length).toBeLessThanOrEqual(2);
    const tags = [...html.replaceAll(/<(script|style)\b[^>]*>[\s\S]*?<\/\1>/g, "").matchAll(/<[a-z][^<>"]*(?:"[^"]*"[^<>"]*)*>/gi)].map(
      ([tag]) => tag,
    );
    expect(tags.length).toBeGreaterThan(1000);
    expect(tags.filter((tag) => /^<(img|iframe|object|embed|form|base)\b|\son\w+=/i.test(tag.replaceAll(/"[^"]*"/g, '""')))).toEqual([]);
    const targets = tags.flatMap((tag) => [...tag.matchAll(/\s(?:href|src)="([^"]*)"/g)].map(([, target = ""]) => target));
    expect(targets.filter((target) => !target.startsWith("#") && !target.startsWith(runUrl()))).toEqual([]);
  });

  it("are uploaded", () => expect([...place.github.artifacts.keys()]).toEqual(["trt-gate"]));
});

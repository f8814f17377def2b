import { describe, expect, it } from "vitest";
import { type JoinRequest, joinReports } from "../../../src/commands/join-reports.ts";
import type { Report } from "../../../src/report/schema.ts";
import { passingModel, passReport, sampleModel, sampleReport, undecidedModel } from "../../fakes/report.ts";

const part = (path: string, report: Report) => ({ path, report });
const pass = (name: string, more: Partial<Report> = {}) => passReport({ models: [passingModel({ name })], exitCode: 0, ...more });
const red = (name: string) => sampleReport({ models: [sampleModel({ name, verdict: "regression" })], verdict: "regression", exitCode: 1 });
const { tool, environment } = passReport();
const join = (request: Partial<JoinRequest>) =>
  joinReports({ parts: [], expected: [], unreadable: [], failOn: new Set(["regression", "undecided"]), tool, environment, ...request });

describe("joinReports", () => {
  it("passes where every part passed and nobody is missing", () => {
    const joined = join({ parts: [part("s1/report.json", pass("a")), part("s2/report.json", pass("b"))], expected: ["a", "b"] });
    expect(joined).toMatchObject({ verdict: "pass", exitCode: 0, complete: true });
    expect(joined.models.map(({ name }) => name)).toEqual(["a", "b"]);
  });

  it("is a regression where one part is", () => {
    expect(join({ parts: [part("s1/r.json", pass("a")), part("s2/r.json", red("b"))] })).toMatchObject({
      verdict: "regression",
      exitCode: 1,
    });
  });

  it("is undecided where an expected model or share never reported", () => {
    const joined = join({ parts: [part("share-1/r.json", pass("a"))], expected: ["share-1", "a", "b", "share-2"] });
    expect(joined).toMatchObject({ verdict: "undecided", exitCode: 4, complete: false, reason: "share-missing" });
    expect(joined.models.filter(({ reason }) => reason === "share-missing").map(({ name }) => name)).toEqual(["b", "share-2"]);
  });

  it("counts a share as reported only where its own folder holds the report: another folder of the path proves nothing", () => {
    const lost = (path: string) => join({ parts: [part(path, pass("a"))], expected: ["share-1"] }).models.map(({ reason }) => reason);
    for (const path of ["share-1/report.json", "./share-1/report.json", "all//share-1/./report.json", "/runs/7/share-1/report.json"])
      expect(lost(path), path).not.toContain("share-missing");
    for (const path of ["share-1/share-2/report.json", "/runs/share-1/7/share-2/report.json", "share-1/../share-2/report.json", "share-1"])
      expect(lost(path), path).toContain("share-missing");
  });

  it("is undecided where a file held no report", () => {
    const joined = join({ parts: [part("s1/r.json", pass("a"))], unreadable: [{ path: "s2/r.json", why: "is not JSON" }] });
    expect(joined).toMatchObject({ verdict: "undecided", exitCode: 4 });
  });

  it("passes without any part only where nothing was expected", () => {
    expect(join({})).toMatchObject({ verdict: "pass", reason: "no-model-changed", exitCode: 0 });
    expect(join({ expected: ["a"] })).toMatchObject({ verdict: "undecided", exitCode: 4 });
  });

  it("takes the later of two reports of one model and says so", () => {
    const at = (createdAt: string, report: Report) => ({ ...report, environment: { ...report.environment, createdAt } });
    const joined = join({
      parts: [part("try2/r.json", at("2026-11-24T12:00:00Z", pass("a"))), part("try1/r.json", at("2026-11-24T11:00:00Z", red("a")))],
    });
    expect(joined).toMatchObject({ verdict: "pass", models: [{ name: "a", verdict: "pass" }] });
    expect(joined.notices.join()).toContain("try2/r.json replaces regression");
  });

  it("refuses reports of different commits", () => {
    const other = pass("b", { environment: { ...environment, headSha: "f".repeat(40) } });
    expect(() => join({ parts: [part("s1/r.json", pass("a")), part("s2/r.json", other)] })).toThrow(/different commits/);
  });

  it("keeps the code of a part that ended without models", () => {
    const empty = (exitCode: number) => sampleReport({ models: [], verdict: "undecided", reason: "no-models", exitCode });
    expect(join({ parts: [part("s1/r.json", pass("a")), part("s2/r.json", empty(4))] })).toMatchObject({
      verdict: "undecided",
      exitCode: 4,
    });
    expect(join({ parts: [part("s1/r.json", empty(77))] }).exitCode).toBe(5);
  });

  it("exits 0 for an undecided model that fail-on leaves out, and still says undecided", () => {
    const report = sampleReport({ models: [undecidedModel({ name: "a" })], verdict: "undecided", exitCode: 0 });
    expect(join({ parts: [part("s1/r.json", report)], failOn: new Set(["regression"]) })).toMatchObject({
      verdict: "undecided",
      exitCode: 0,
    });
  });
});

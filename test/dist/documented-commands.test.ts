/** Every `trt-gate …` that the README and the pages under docs/ show is run on small real files, words in capitals filled in. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { globSync } from "tinyglobby";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { configOf, writeModels } from "./models.ts";
import { openWorkplace, type Workplace } from "./spawn.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Command lines as written in code. A pipe in a table is written `\|`. */
const shown = [
  ...new Set(
    ["README.md", ...globSync("docs/**/*.md", { cwd: root })].flatMap((page) =>
      [...readFileSync(join(root, page), "utf8").matchAll(/`trt-gate ([a-z][^`]*)`/g)].map(([, line = ""]) => line.replaceAll("\\|", "|")),
    ),
  ),
];

const files: Readonly<Record<string, string>> = {
  MODEL: "models/a.onnx",
  CACHE: "a.cache",
  OLD: "a.cache",
  NEW: "a.cache",
  FILE: "data/x.npy",
  SAMPLES: "data/x.npy",
  REFERENCE: "in.json",
  CANDIDATE: "in.json",
  REPORT: "trt-gate-report/report.json",
  "report.json": "trt-gate-report/report.json",
  N: "1",
};

/** Exit code of what is not a plain success: the model regresses, and this machine may lack what `doctor` looks for. */
const expected: Readonly<Record<string, readonly number[]>> = { check: [1], search: [1], merge: [1], doctor: [0, 4] };
/** Named as words, without what they need. */
const onlyNames = new Set(["merge", "inspect", "compare --map"]);

/** All command lines that one shown line stands for: alternatives each, an ellipsis as each format of a fix. */
function filledIn(line: string): string[][] {
  if (onlyNames.has(line)) return [[line.split(" ")[0] ?? "", "--help"]];
  const words = line
    .replace(/\[(\w+)(?:\.\.\.)?\]/g, "$1")
    .replaceAll("...", "")
    .split(" ");
  const choices = words.map((word, i): readonly string[] => {
    if (word === "…") return ["polygraphy", "trtexec", "modelopt", "qdq", "config"];
    if (words[i - 1] === "-o") return [words[0] === "cache" ? "written.onnx" : "written.out"];
    return word.includes("|") ? word.split("|") : [files[word] ?? word];
  });
  return choices.reduce<string[][]>((lines, options) => lines.flatMap((so) => options.map((word) => [...so, word])), [[]]);
}

let place: Workplace;
const gate = (args: readonly string[]) => place.command(args, { GITHUB_ACTIONS: "" }).ended;

beforeAll(async () => {
  place = await openWorkplace();
  writeModels(place.repository, ["a"]);
  place.repository.commit({ ".github/trt-gate.yml": configOf(["a"], 60) });
  for (const args of [
    ["calibrate", "models/a.onnx", "--data", "data/x.npy", "-o", "a.cache"],
    ["inputs", "models/a.onnx", "-o", "in.json"],
  ])
    expect((await gate(args)).exitCode).toBe(0);
  const checked = await gate(["check", "--changed-only", "false"]);
  expect(checked.report?.models[0]?.search?.keep, checked.log).toHaveLength(1);
});
afterAll(async () => await place.end());

describe("the commands that the pages show", () => {
  it("are found, one for each subcommand at least", () => {
    const names = new Set(shown.map((line) => line.split(" ")[0]));
    const all = [
      "check",
      "compare",
      "inspect",
      "search",
      "fix",
      "calibrate",
      "cache",
      "inputs",
      "render",
      "plan",
      "merge",
      "doctor",
      "init",
    ];
    expect([...names].toSorted()).toEqual(all.toSorted());
  });

  it.each(shown.map((line) => [line]))("run: trt-gate %s", async (line) => {
    for (const args of filledIn(line)) {
      const ended = await gate(args);
      const codes = args.includes("--help") ? [0] : (expected[args[0] ?? ""] ?? [0]);
      expect(codes, `trt-gate ${args.join(" ")}\n${ended.log}`).toContain(ended.exitCode);
    }
  });
});

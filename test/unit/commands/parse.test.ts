import { describe, expect, it } from "vitest";
import type { CommandSpec } from "../../../src/commands/command.ts";
import { flagsOf, parseLine, parseWords } from "../../../src/commands/parse.ts";
import { specs } from "../../../src/commands/specs.ts";
import { inputSpecs } from "../../../src/config/inputs.ts";
import { ConfigError } from "../../../src/effects/failure.ts";

const named = (name: string): CommandSpec => {
  const spec = specs.find((candidate) => candidate.name === name);
  if (spec === undefined) throw new Error(`no command ${name}`);
  return spec;
};

const problemsOf = (words: readonly string[], name = "compare"): readonly string[] => {
  try {
    parseWords(words, named(name));
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
};

describe("words after a command", () => {
  it("are positionals and flags in any order, with a value beside or after =", () => {
    const parsed = parseWords(
      ["a.npz", "--tolerance", "sqnr-db=20,cosine=0.9", "--json", "b.npz", "--threads=2", "--map", "x=y", "--map=u=v"],
      named("compare"),
    );
    expect(parsed.positionals).toEqual(["a.npz", "b.npz"]);
    expect(parsed.text("tolerance")).toBe("sqnr-db=20,cosine=0.9");
    expect(parsed.number("threads")).toBe(2);
    expect(parsed.list("map")).toEqual(["x=y", "u=v"]);
    expect([parsed.has("json"), parsed.has("fail-fast"), parsed.has("tolerance")]).toEqual([true, false, true]);
    expect([parsed.text("html"), parsed.number("html"), parsed.list("html")]).toEqual([undefined, undefined, []]);
    expect(parsed.inputs).toEqual({});
  });

  it("know short names, negative numbers and -- before names that start with a dash", () => {
    const parsed = parseWords(["-o", "out.json", "--low", "-1.5", "--", "--data-loader-script=x.onnx"], named("inputs"));
    expect(parsed.positionals).toEqual(["--data-loader-script=x.onnx"]);
    expect([parsed.text("output"), parsed.number("low")]).toEqual(["out.json", -1.5]);
  });

  it("read a switch that is set to false as not given", () => {
    expect(parseWords(["a", "b", "--json=false"], named("compare")).has("json")).toBe(false);
    expect(parseWords(["a", "b", "--json", "false"], named("compare"))).toMatchObject({ positionals: ["a", "b"] });
  });

  it.each([
    [["a", "b", "--tolerence=2"], '"--tolerence" is no flag of this command; did you mean "--tolerance"? See --help.'],
    [["a", "b", "-x"], '"-x" is no flag of this command. See --help.'],
    [["a", "b", "-a-b"], '"-a-b" is no flag of this command. See --help.'],
    [["a", "b", "--constructor"], '"--constructor" is no flag of this command. See --help.'],
    [["a", "b", "--tolerance"], "--tolerance has no value; write --tolerance LIMITS."],
    [["a", "b", "--tolerance", "--json"], "--tolerance has no value; write --tolerance LIMITS."],
    [["a", "b", "--tolerance", "--json=true"], "--tolerance has no value; write --tolerance LIMITS."],
    [["a", "b", "--threads", "many"], '--threads is "many"; write a number.'],
    [["a", "b", "--threads", "NaN"], '--threads is "NaN"; write a number.'],
    [["a", "b", "--threads="], '--threads is ""; write a number.'],
    [["a", "b", "--json=maybe"], '--json is "maybe"; allowed: true, false.'],
    [["a", "b", "--html", "x", "--html", "y"], "--html is given 2 times; keep one."],
    [[], "0 of at least 1 arguments are given; write trt-gate compare REFERENCE [CANDIDATE]."],
    [["a", "b", "c"], '"c" is one argument too many; write trt-gate compare REFERENCE [CANDIDATE].'],
  ])("%j are refused", (words, problem) => {
    expect(problemsOf(words)).toEqual([problem]);
  });

  it("outside a flag's allowed values are refused with the nearest", () => {
    expect(problemsOf(["r.json", "--format", "trtexe"], "fix")).toEqual([
      '--format is "trtexe"; allowed: polygraphy, trtexec, qdq, modelopt, keep, config; did you mean "trtexec"?',
    ]);
  });

  it("have all their problems listed at once", () => {
    expect(problemsOf(["--threads=x", "--jsno"])).toHaveLength(3);
  });
});

describe("action inputs", () => {
  it.each(specs.filter((spec) => "takesInputs" in spec).map(({ name }) => name))("are all flags of %s", (name) => {
    expect(Object.keys(flagsOf(named(name)))).toEqual(expect.arrayContaining(inputSpecs.map((input) => input.name)));
  });

  it("arrive as the texts that the action would get", () => {
    const parsed = parseWords(
      ["--lane", "simulate", "--changed-only=false", "--allow-forks", "--fail-on", "regression", "--artifact-name="],
      named("check"),
    );
    expect(parsed.inputs).toEqual({
      lane: "simulate",
      "changed-only": "false",
      "allow-forks": "true",
      "fail-on": "regression",
      "artifact-name": "",
    });
  });

  it("get MODEL... as models, after which --models adds, and --changed-since as base-ref", () => {
    expect(parseWords(["a.onnx", "b/*.onnx", "--models", "c.onnx", "--changed-since", "main"], named("check")).inputs).toEqual({
      models: "a.onnx\nb/*.onnx\nc.onnx",
      "base-ref": "main",
      "changed-only": "true",
    });
  });

  it("do not take the reports of merge for models", () => {
    expect(parseWords(["a.json", "-o", "x.json", "--comment", "off"], named("merge"))).toMatchObject({
      positionals: ["a.json"],
      inputs: { comment: "off" },
    });
  });

  it("refuse two names of one base", () => {
    expect(problemsOf(["--changed-since", "a", "--base-ref", "b"], "check")).toEqual([
      "--changed-since and --base-ref are both given; keep --changed-since.",
    ]);
  });
});

describe("a line", () => {
  it("asks for the version, an overview or the help of one command", () => {
    expect(parseLine(["--version"], specs)).toEqual({ kind: "version" });
    expect(parseLine(["--help"], specs)).toEqual({ kind: "help", spec: undefined });
    expect(parseLine(["help"], specs)).toEqual({ kind: "help", spec: undefined });
    expect(parseLine(["help", "fix"], specs)).toEqual({ kind: "help", spec: named("fix") });
    expect(parseLine(["compare", "--nonsense", "--help"], specs)).toEqual({ kind: "help", spec: named("compare") });
  });

  it("without a command, or with one that is none, is a usage error", () => {
    expect(() => parseLine([], specs)).toThrow(
      new ConfigError(
        "No command is given; write one of check, compare, inspect, search, fix, calibrate, cache, inputs, render, plan, merge, doctor, init, or --help.",
      ),
    );
    expect(() => parseLine(["chekc"], specs)).toThrow('"chekc" is no command; did you mean "check"? Commands: check,');
  });
});

describe("the table of commands", () => {
  it.each(specs.map((spec): [string, CommandSpec] => [spec.name, spec]))("has examples of %s that parse", (name, spec) => {
    expect(spec.examples.length).toBeGreaterThan(0);
    for (const example of spec.examples) {
      const [gate, command, ...words] = [...example.matchAll(/'([^']*)'|(\S+)/g)].map((match) => match[1] ?? match[2] ?? "");
      expect([gate, command]).toEqual(["trt-gate", name]);
      expect(() => parseWords(words, spec)).not.toThrow();
    }
  });

  it("has no two flags of one command with the same short name", () => {
    for (const spec of specs) {
      const shorts = Object.values(flagsOf(spec)).flatMap(({ short }) => (short === undefined ? [] : [short]));
      expect(new Set(shorts).size).toBe(shorts.length);
    }
  });
});

import { describe, expect, it } from "vitest";
import type { RunCommand } from "../../../src/commands/command.ts";
import { ConfigError, FileError, ToolError, TrustError } from "../../../src/effects/failure.ts";
import { runWords } from "./lines.ts";

const failing =
  (failure: unknown): RunCommand =>
  async () => {
    throw failure;
  };
const unused = failing(new Error("no command may run"));

describe("the exit code", () => {
  it.each([
    ["a configuration problem", new ConfigError(["a: one", "b: two"]), 2, "error: a: one\nerror: b: two\n"],
    ["a damaged file", new FileError("x.npz", "ends early", 12), 2, "error: x.npz at byte 12: ends early\n"],
    ["a refusal", new TrustError("a fork"), 3, "error: a fork\n"],
    [
      "a failed tool",
      new ToolError("tool-killed", "trtexec was killed", ["last line"]),
      4,
      "error: tool-killed: trtexec was killed\nlast line\n",
    ],
  ])("of %s says who must act", async (_, failure, exitCode, err) => {
    expect(await runWords(["doctor"], failing(failure))).toEqual({ exitCode, err, out: "" });
  });

  it.each([
    [new Error("oops"), /run-line\.test\.ts:\d+/],
    [new TypeError("x is undefined"), /run-line\.test\.ts:\d+/],
    ["a text", /\na text\n/],
    [undefined, /\nundefined\n/],
  ])("of anything else is 5, called our bug, with its stack where there is one: %s", async (failure, told) => {
    const { exitCode, err } = await runWords(["doctor"], failing(failure));
    expect(exitCode).toBe(5);
    expect(err).toContain("This is a bug in the gate");
    expect(err).toMatch(told);
  });

  it("of a cancelled run is 4, whatever it threw", async () => {
    const cancel = new AbortController();
    cancel.abort(new Error("SIGINT"));
    expect(await runWords(["doctor"], failing(new Error("aborted")), { cancelled: cancel.signal })).toEqual({
      exitCode: 4,
      out: "",
      err: "error: cancelled: the run was cancelled before it had a result. Start it again.\n",
    });
  });

  it("is the command's own otherwise", async () => {
    expect((await runWords(["doctor"], async () => 1)).exitCode).toBe(1);
  });
});

describe("a line", () => {
  it("prints version and help as results, and runs nothing", async () => {
    expect(await runWords(["--version"], unused)).toEqual({ exitCode: 0, out: "1.2.3\n", err: "" });
    const { exitCode, out, err } = await runWords(["check", "--help"], unused);
    expect([exitCode, err]).toEqual([0, ""]);
    expect(out).toContain("usage: trt-gate check [MODEL...] [FLAGS]");
  });

  it("with a usage error says so on stderr and exits 2", async () => {
    expect(await runWords([], unused)).toMatchObject({ exitCode: 2, out: "" });
    expect(await runWords(["compare", "--jsn"], unused)).toMatchObject({
      exitCode: 2,
      out: "",
      err: expect.stringContaining('did you mean "--json"?'),
    });
  });

  it("hands positionals, flags and inputs to its command", async () => {
    const { out } = await runWords(["check", "a.onnx", "--lane", "simulate", "--json"], async (parsed, _, io) => {
      io.out(JSON.stringify([parsed.positionals, parsed.has("json"), parsed.inputs]));
      return 0;
    });
    expect(JSON.parse(out)).toEqual([["a.onnx"], true, { lane: "simulate", models: "a.onnx" }]);
  });

  it("makes what a name holds inert before the log shows it", async () => {
    const { err } = await runWords(["\u001b[31m::error::x"], unused);
    expect(err).not.toContain("\u001b");
  });
});

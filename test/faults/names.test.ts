/** Names that are commands or code wherever they end up: in the log of an action, in a script that a user runs or pastes into a shell. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { actionsLog } from "../../src/effects/log.ts";
import { makePolygraphy } from "../../src/fix/polygraphy.ts";
import { makeTrtexec } from "../../src/fix/trtexec.ts";
import { commandsIn } from "../fakes/command-oracle.ts";
import { fixOf, python, pythonFixtures, scratch, wordsGivenTo } from "../fakes/fixes.ts";
import { hostileNames } from "../fakes/hostile-names.ts";
import { describeWithPython } from "../support/needs.ts";

let folder: ReturnType<typeof scratch>;
beforeEach(() => {
  folder = scratch();
});
afterEach(() => folder.dispose());

it("workflow commands in names", () => {
  let text = "";
  const write = (more: string) => {
    text += more;
  };
  const log = actionsLog({ write, isTerminal: false, monotonicMs: () => 0, debug: false });
  for (const name of hostileNames) {
    log.info(name);
    log.warning(name, { file: name, line: 3, title: name });
  }
  expect(new Set(commandsIn(text))).toEqual(new Set(["warning"]));
  expect(commandsIn(text)).toHaveLength(hostileNames.length);
});

describeWithPython("names in generated Python and shell", () => {
  const units = hostileNames.map((name) => [name]);
  const script = (fix: ReturnType<typeof fixOf>) => String(makePolygraphy(fix)[0]?.content);

  it("are given to trtexec unchanged by a shell, or listed as left out with why", () => {
    // No shell passes a NUL on.
    const evil = hostileNames.filter((name) => !name.includes("\0")).join(" ");
    const [artifact] = makeTrtexec(fixOf(units, { model: { name: evil, path: "-x.onnx", sha256: evil }, why: evil, verified: evil }));
    const words = wordsGivenTo("trtexec", String(artifact?.content), [], folder);
    const flag = words.find((word) => word.startsWith("--layerPrecisions="))?.slice("--layerPrecisions=".length) ?? "";
    const given = flag.split(",").map((each) => each.slice(0, each.lastIndexOf(":")));
    const leftOut = artifact?.leftOut.map(({ name }) => name) ?? [];
    expect([...given, ...leftOut].toSorted()).toEqual([...hostileNames].toSorted());
    expect(leftOut.every((name) => /[,:'"*]/.test(name) || name === "" || !name.isWellFormed())).toBe(true);
    expect(given).toContain("$(id)");
    expect(given).toContain("new\nline");
    expect(folder.names()).toEqual(["script.sh", "trtexec"]);
  });

  it("are names and nothing else to Python", () => {
    const layers = hostileNames.map((name) => ({ name, outputs: [{ name: `${name}_out` }] }));
    const file = folder.file("fix_precision.py", script(fixOf(units)));
    const done = JSON.parse(python([`${pythonFixtures}/run_postprocess.py`, file], JSON.stringify({ layers, typed: false })));
    expect(done).toMatchObject({ error: null, changed: hostileNames.map((name) => [name, "float16", { 0: "float16" }]) });
    expect(folder.names()).toEqual(["fix_precision.py"]);
  });

  it("leave the code of the script the same, in the data, the model and the sentences", () => {
    const evil = hostileNames.join(" ");
    const hostile = fixOf(units, { model: { name: evil, path: evil, sha256: evil }, why: evil, verified: evil, gateVersion: evil });
    const plain = folder.file("plain.py", script(fixOf([["a"]])));
    expect(() => python([`${pythonFixtures}/same_code.py`, plain, folder.file("hostile.py", script(hostile))])).not.toThrow();
    expect(() => python([`${pythonFixtures}/same_code.py`, plain, folder.file("other.py", `${script(hostile)}\nx = 1\n`)])).toThrow();
    expect(/^[\x20-\x7e\n]*$/.test(script(hostile))).toBe(true);
  });
});

import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { askBuilder, hasBuilder } from "../../../../src/lanes/tensorrt/builder-check.ts";
import { type RunEffects, runEffects } from "../../../fakes/run-effects.ts";

let effects: RunEffects | undefined;
afterEach(() => effects?.end());

/** Asks a small program in the interpreter's place: `$1` is the gate's script, `$2` the model, `$3` the profile, `$4` where the answer goes. */
async function ask(body: string, timeoutMs = 20_000) {
  effects = await runEffects();
  const python = join(effects.folder, "python");
  await writeFile(python, `#!/bin/sh\n${body}\n`);
  await chmod(python, 0o755);
  const shape = { min: [1, 3], opt: [2, 3], max: [4, 3] };
  return await askBuilder({
    modelPath: "m.onnx",
    shapes: new Map([["x", shape]]),
    python,
    folder: join(effects.folder, "question"),
    timeoutMs,
    effects,
  });
}
const says = (facts: object) => `printf '%s' '${JSON.stringify(facts)}' > "$4"`;
const builder = "TensorRT for RTX 1.7";

describe("asking the builder", () => {
  it("gives its answer, a refusal in its own words without the lines about the GPU", async () => {
    expect(await ask(says({ builder, taken: true, messages: [] }))).toEqual({ kind: "taken", builder });
    const messages = [
      "Error Code 4: x has type Int32\n[check::catchCudaError::250] Error Code 1 (cudaError 35: no driver)",
      "Error Code 4: x has type Int32",
    ];
    expect(await ask(says({ builder, taken: false, messages }))).toEqual({
      kind: "refused",
      builder,
      message: "Error Code 4: x has type Int32",
    });
    expect(await ask(says({ builder, taken: false, messages: [] }))).toEqual({ kind: "refused", builder, message: "it gives no reason" });
  });

  it("hands over the shapes of open inputs as a profile", async () => {
    const copied = 'printf \'{"builder":"B","taken":false,"messages":["%s"]}\' "$(sed \'s/"/_/g\' "$3")" > "$4"';
    expect(await ask(copied)).toMatchObject({ message: "{_x_:[[1,3],[2,3],[4,3]]}" });
  });

  it("is nothing where the builder, its answer or Python is not there", async () => {
    expect(await ask(says({ builder: null }))).toEqual({ kind: "not-installed" });
    expect(await ask("exit 1")).toEqual({ kind: "not-installed" });
    expect(await ask('echo "no JSON" > "$4"')).toEqual({ kind: "not-installed" });
    effects = await runEffects();
    const missing = {
      modelPath: "m.onnx",
      shapes: new Map(),
      python: "/nowhere/python",
      folder: join(effects.folder, "q"),
      timeoutMs: 1000,
      effects,
    };
    expect(await askBuilder(missing)).toEqual({ kind: "not-installed" });
  });

  it("never takes a builder that died or ran out of time for a refusal", async () => {
    expect(await ask(`${says({ builder })}; echo last words >&2; kill -SEGV $$`)).toEqual({
      kind: "no-answer",
      builder,
      message: "it ended by SIGSEGV: last words",
    });
    expect(await ask(`${says({ builder })}; sleep 20`, 1500)).toEqual({ kind: "no-answer", builder, message: "it took longer than 2 s" });
  });
});

describe("whether there is a builder", () => {
  const found = async (body: string) => {
    effects = await runEffects();
    const python = join(effects.folder, "python");
    await writeFile(python, `#!/bin/sh\n${body}\n`);
    await chmod(python, 0o755);
    return await hasBuilder({ python, folder: join(effects.folder, "question"), timeoutMs: 20_000, effects });
  };

  it("is what Python says, asked with the place of the answer alone", async () => {
    expect(await found(`test $# -eq 2 && printf '{"installed":true}' > "$2"`)).toBe(true);
    expect(await found(`printf '{"installed":false}' > "$2"`)).toBe(false);
  });

  it("is no where Python fails, says something else or is not there", async () => {
    expect(await found("exit 1")).toBe(false);
    expect(await found('echo "no JSON" > "$2"')).toBe(false);
    expect(await found(`printf '{"builder":"B"}' > "$2"`)).toBe(false);
    effects = await runEffects();
    expect(await hasBuilder({ python: "/nowhere/python", folder: join(effects.folder, "q"), timeoutMs: 1000, effects })).toBe(false);
  });
});

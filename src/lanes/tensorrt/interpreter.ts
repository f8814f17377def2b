/** What a Python interpreter is by itself: its version and the installed packages by name. Imports none of them, so that a broken one does not hide the rest. */
import { z } from "zod";
import { pythonEnv } from "../../effects/child-env.ts";
import type { Effects } from "../../effects/effects.ts";

export interface Interpreter {
  /** As it was asked for. */
  readonly path: string;
  readonly version: string;
  /** Installed versions; a package that is not installed is left out. */
  readonly packages: Readonly<Record<string, string>>;
}

const names = ["numpy", "tensorrt", "tensorrt_rtx", "tensorrt_rtx_cu13_bindings", "tensorrt_rtx_cu12_bindings", "polygraphy"];

/** Old interpreters have no importlib.metadata: they answer with their version alone. */
const question = `
import json, platform
found = {}
try:
    from importlib import metadata
    for name in ${JSON.stringify(names)}:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            pass
except ImportError:
    pass
print(json.dumps({"version": platform.python_version(), "packages": found}))
`;

const answerSchema = z.object({ version: z.string(), packages: z.record(z.string(), z.string()) });
const timeoutMs = 30_000;

/** Undefined where the program does not start or is no Python. */
export async function askInterpreter(effects: Effects, path: string): Promise<Interpreter | undefined> {
  const result = await effects.exec.run({ file: path, args: ["-c", question], env: pythonEnv(effects.env), timeoutMs });
  if (result.exitCode !== 0) return undefined;
  const answer = answerSchema.safeParse(parsed(result.stdout));
  return answer.success ? { path, ...answer.data } : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

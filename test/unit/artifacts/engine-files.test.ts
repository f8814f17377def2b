import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { keepEngineFiles, mostEngineBytes } from "../../../src/artifacts/engine-files.ts";
import type { CheckContext } from "../../../src/prepare/context.ts";
import type { Prepared } from "../../../src/prepare/prepare-model.ts";
import { type RunEffects, runEffects } from "../../fakes/run-effects.ts";
import { settingsOf } from "../../fakes/settings.ts";
import { builtAs, engineAs } from "../../fakes/timed.ts";

let run: RunEffects;
afterEach(() => run.end());

describe("engines beside the report", () => {
  it("share one limit of size over all models of a run; what is beyond it is named with why", async () => {
    run = await runEffects();
    const workFolder = join(run.folder, "work");
    await mkdir(workFolder);
    const plan = async (name: string, sizeBytes: number) => {
      await writeFile(join(workFolder, name), "plan");
      return { ...builtAs(name), plan: { path: join(workFolder, name), sha256: "0", sizeBytes } };
    };
    const context = {
      effects: run,
      reportFolder: join(run.folder, "report"),
      settings: settingsOf(""),
      engineBytes: { kept: 0 },
    } as unknown as CheckContext;
    const keep = async (name: string, sizeBytes: number) => {
      const judged = { ...engineAs(name), reference: builtAs("none", ""), facts: await plan(name, sizeBytes) };
      const { plan: _, ...reference } = judged.reference;
      const prepared = { lane: {}, job: { name, workFolder }, sha256: "0123456789" } as unknown as Prepared;
      return (await keepEngineFiles({ judged: { ...judged, reference }, fixed: undefined }, prepared, context))?.map(({ why }) => why);
    };
    expect(await keep("one", mostEngineBytes - 10)).toEqual([undefined]);
    expect(await keep("two", 11)).toEqual(["it would be more than 256 MiB of engines in this run"]);
    expect(await keep("three", 10)).toEqual([undefined]);
  });
});

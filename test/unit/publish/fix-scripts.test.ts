import { mkdir, readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeFiles } from "../../../src/publish/files.ts";
import { fixScripts } from "../../../src/publish/fix-scripts.ts";
import type { Report } from "../../../src/report/schema.ts";
import { sampleFix, sampleModel, sampleReport } from "../../fakes/report.ts";
import { type RunEffects, runEffects } from "../../fakes/run-effects.ts";

let effects: RunEffects;
beforeEach(async () => {
  effects = await runEffects();
});
afterEach(() => effects.end());

const reportWith = (path: string): Report => {
  const file = { format: "polygraphy", path, command: "polygraphy convert model.onnx", leftOut: [] };
  return sampleReport({ models: [sampleModel({ fix: sampleFix({ files: [file] }) })] });
};

describe("the scripts of a report", () => {
  it("are read where the report names them", async () => {
    await effects.files.writeText(join(effects.folder, "fix/m/fix_precision.py"), "print(1)\n");
    const [script] = await fixScripts(reportWith("fix/m/fix_precision.py"), effects.folder, effects.files);
    expect(script).toMatchObject({ fileName: "fix_precision.py", text: "print(1)\n" });
  });

  it("are left out where their file is gone: the report is written all the same", async () => {
    const report = reportWith("fix/m/gone.py");
    const written = await writeFiles(report, effects.folder, effects);
    expect(written.scripts).toEqual([]);
    expect(JSON.parse(await readFile(written.reportPath, "utf8"))).toEqual(report);
  });

  it("are never read from outside the report's folder", async () => {
    await effects.files.writeText(join(effects.folder, "secret.py"), "key");
    const inside = join(effects.folder, "report");
    await mkdir(inside);
    expect(await fixScripts(reportWith("../secret.py"), inside, effects.files)).toEqual([]);
    expect(await fixScripts(reportWith(join(effects.folder, "secret.py")), inside, effects.files)).toEqual([]);
    await symlink(join(effects.folder, "secret.py"), join(inside, "link.py"));
    await symlink(effects.folder, join(inside, "up"));
    expect(await fixScripts(reportWith("link.py"), inside, effects.files)).toEqual([]);
    expect(await fixScripts(reportWith("up/secret.py"), inside, effects.files)).toEqual([]);
  });
});

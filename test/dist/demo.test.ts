/** The README's first commands on a machine that has git, Node and npm: the clone, the demo, and what the demo says to run next. Then the samples of CONTRIBUTING. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";
import { copyWorkingTree } from "../../scripts/working-tree.ts";
import { openRepository } from "../fakes/repository.ts";
import { describeWithRegistry } from "../support/needs.ts";
import { nodeBin, npmEnv } from "../support/node-versions.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const work = mkdtempSync(join(tmpdir(), "trt-gate-demo-"));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const [clone = "", demo = ""] = [
  ...(/```console\n(\$ git clone [\s\S]*?)```/.exec(readFileSync(join(root, "README.md"), "utf8"))?.[1] ?? "").matchAll(/^\$ (.+)$/gm),
].map(([, line = ""]) => line);
/** The oldest that the README asks of a bare machine. */
const bare = "20.20.2";

describeWithRegistry([bare])("the first commands of the README", () => {
  const shell = (line: string, cwd: string) => {
    const home = join(work, "home");
    mkdirSync(home, { recursive: true });
    const env = {
      ...npmEnv(`${nodeBin(bare)}:${process.env.PATH}`),
      HOME: home,
      npm_config_cache: process.env.npm_config_cache ?? join(process.env.HOME ?? "", ".npm"),
    };
    const ran = spawnSync("bash", ["-e", "-c", line], { cwd, env, encoding: "utf8", timeout: 400_000 });
    expect(ran.status, `${line}\n${ran.stdout}${ran.stderr}`).toBe(0);
    return ran.stdout;
  };

  it("lead from a clone to a report, and its next lines to a model that is in order again", { timeout: 600_000 }, () => {
    copyWorkingTree(join(work, "original"));
    const original = openRepository(join(work, "original"));
    original.git("init", "-q", "-b", "main");
    original.commit({});
    expect([clone, demo]).toEqual(["git clone REPOSITORY trt-accuracy-gate && cd trt-accuracy-gate", "npm run demo"]);
    const said = shell(`${clone.replace("REPOSITORY", original.folder)} && ${demo}`, work);
    const folder = join(work, "trt-accuracy-gate");
    const report = /^The report to look at: (\S+) /m.exec(said)?.[1] ?? "none";
    expect(existsSync(join(folder, report)), said).toBe(true);

    const next = /^Next: (git checkout .+)$/m.exec(said)?.[1] ?? "";
    const [, place = "", again = ""] = /^To see it turn green: cd (\S+), [\s\S]*?\n {2}(.+)$/m.exec(said) ?? [];
    expect(existsSync(join(folder, place, ".git")), said).toBe(true);
    shell(next, join(folder, place));
    expect(shell(again, join(folder, place))).toContain("Safe to merge");

    shell("npm run preview", folder);
    expect(existsSync(join(folder, "preview"))).toBe(true);
  });
});

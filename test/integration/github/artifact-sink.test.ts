import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { realClock } from "../../../src/effects/clock.ts";
import { artifactName, uploadArtifact } from "../../../src/github/artifact-sink.ts";
import { type FakeGitHub, serverEnv, startGitHub } from "../../fakes/github-server.ts";
import { type RunEffects, runEffects } from "../../fakes/run-effects.ts";

let github: FakeGitHub;
let effects: RunEffects;
const before = { ...process.env };

/** The toolkit's client reads the process's own environment. */
async function open(env: Readonly<Record<string, string>>): Promise<void> {
  effects = { ...(await runEffects(env)), clock: realClock };
  Object.assign(process.env, env);
}
beforeEach(async () => {
  github = await startGitHub();
});
afterEach(async () => {
  process.env = { ...before };
  await github.close();
  await effects.end();
});

async function upload(overrides: { name?: string; timeoutMs?: number } = {}) {
  const file = join(effects.folder, "report.json");
  await writeFile(file, "{}");
  return await uploadArtifact(
    {
      name: "trt-gate",
      jobKey: "ci/gate/null",
      runAttempt: 1,
      retentionDays: 3,
      folder: effects.folder,
      files: [file],
      runUrl: "https://github.com/o/r/actions/runs/5",
      ...overrides,
    },
    effects,
  );
}

describe("uploadArtifact", () => {
  it("uploads the files through the real client and gives the address", async () => {
    await open(serverEnv(github));
    expect(await upload()).toEqual({ url: "https://github.com/o/r/actions/runs/5/artifacts/4242", warnings: [] });
    const zip = Buffer.from(github.artifacts.get("trt-gate") ?? []);
    expect(zip.subarray(0, 2).toString()).toBe("PK");
    expect(zip.includes("report.json")).toBe(true);
  });

  it("uploads nothing for an empty name", async () => {
    await open(serverEnv(github));
    expect(await upload({ name: "" })).toEqual({ url: undefined, warnings: [] });
    expect(github.calls).toEqual([]);
  });

  it("warns where the name is taken", async () => {
    await open(serverEnv(github));
    github.artifacts.set("trt-gate", new Uint8Array());
    const { warnings } = await upload();
    expect(warnings.join()).toMatch(/not uploaded/);
  });

  it("warns on a server without this artifact service", async () => {
    await open({ ...serverEnv(github), GITHUB_SERVER_URL: "https://ghe.example.com" });
    const { warnings } = await upload();
    expect(warnings.join()).toMatch(/upload-artifact@v3/);
  });

  it("warns where the runner gives no runtime token", async () => {
    await open({ GITHUB_SERVER_URL: "https://gitea.example.com" });
    const { warnings } = await upload();
    expect(warnings.join()).toMatch(/no artifact service/);
    expect(warnings.join()).toContain(effects.folder);
  });

  it("warns on a token that is none", async () => {
    await open({ ...serverEnv(github), ACTIONS_RUNTIME_TOKEN: "nonsense" });
    const { warnings } = await upload();
    expect(warnings.join()).toMatch(/not uploaded/);
  });
});

describe("artifactName", () => {
  it("keeps the name of a plain first attempt", () => expect(artifactName("trt-gate", "ci/gate/null", 1)).toBe("trt-gate"));
  it("gives matrix jobs different names", () => {
    const names = ['ci/gate/{"m":1}', 'ci/gate/{"m":2}'].map((key) => artifactName("trt-gate", key, 1));
    expect(new Set(names).size).toBe(2);
  });
  it("numbers a repeated attempt", () => expect(artifactName("trt-gate", "ci/gate/null", 2)).toBe("trt-gate-attempt-2"));
  it("replaces what the service refuses", () => expect(artifactName('a"b:c<d>e|f*g?h\\i/j\nk', "x", 1)).toBe("a-b-c-d-e-f-g-h-i-j-k"));
});

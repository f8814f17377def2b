import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";

const step = z.looseObject({ uses: z.string().optional(), with: z.record(z.string(), z.unknown()).optional(), run: z.string().optional() });
const workflow = z.looseObject({
  permissions: z.record(z.string(), z.string()),
  concurrency: z.object({ group: z.string() }).loose(),
  jobs: z.record(z.string(), z.looseObject({ permissions: z.record(z.string(), z.string()), steps: z.array(step) })),
});
const job = z.looseObject({ permissions: z.record(z.string(), z.string()), needs: z.array(z.string()).optional(), steps: z.array(step) });
const releaseJobs = z.looseObject({ jobs: z.object({ check: job, publish: job }) });
const folder = "docs/workflows";
const files = readdirSync(folder);

describe("example workflows", () => {
  it("are those that docs/workflows.md names", () => {
    const named = [...readFileSync("docs/workflows.md", "utf8").matchAll(/workflows\/([\w-]+\.yml)/g)].map(([, name]) => name);
    expect(files.toSorted()).toEqual([...new Set(named)].toSorted());
  });

  describe.each(files)("%s", (file) => {
    const text = readFileSync(`${folder}/${file}`, "utf8");
    const parsed = workflow.parse(parse(text));
    const steps = Object.values(parsed.jobs).flatMap((job) => job.steps);

    it("pins every action by commit, with its version beside it", () => {
      const lines = text.split("\n").filter((line) => /\buses:/.test(line));
      expect(lines.length).toBeGreaterThan(0);
      expect(lines.filter((line) => !/uses: [\w.-]+\/[\w.-]+@[0-9a-f]{40} # v\d/.test(line))).toEqual([]);
    });

    it("keeps no credentials and grants nothing beyond reading and the comment", () => {
      const checkouts = steps.filter(({ uses }) => uses?.startsWith("actions/checkout@"));
      expect(checkouts.map((checkout) => checkout.with?.["persist-credentials"])).toEqual(checkouts.map(() => false));
      expect(parsed.permissions).toEqual({});
      const granted = Object.values(parsed.jobs).flatMap((job) =>
        Object.entries(job.permissions).map(([name, value]) => `${name}: ${value}`),
      );
      expect(granted.filter((grant) => !["contents: read", "actions: read", "pull-requests: write"].includes(grant))).toEqual([]);
    });

    it("puts no expression into a script", () => expect(steps.filter(({ run }) => run?.includes("${{"))).toEqual([]));
  });
});

describe("the project's own workflows", () => {
  it.each(readdirSync(".github/workflows"))("%s pins every action of others by commit, with its version beside it", (file) => {
    const lines = readFileSync(`.github/workflows/${file}`, "utf8")
      .split("\n")
      .filter((line) => /\buses:/.test(line) && !/uses: \.\//.test(line));
    expect(lines.filter((line) => !/uses: [\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d/.test(line))).toEqual([]);
  });

  it("publishes what was checked and attested, and installs nothing beside the rights to write", () => {
    const { jobs } = releaseJobs.parse(parse(readFileSync(".github/workflows/release.yml", "utf8")));
    const scripts = ({ steps }: { readonly steps: readonly { readonly run?: string | undefined }[] }) =>
      steps.map(({ run = "" }) => run).join("\n");
    expect(jobs.check.permissions).toEqual({ contents: "read" });
    expect(scripts(jobs.check)).toContain("bash .ci/run\nnpm run --silent build\n");
    expect(jobs.publish.needs).toEqual(["check"]);
    expect(jobs.publish.permissions).toEqual({ attestations: "write", contents: "write", "id-token": "write" });
    expect(scripts(jobs.publish)).not.toMatch(/npm (ci|install|test|run|exec)|npx|node |\.ci\//);
    const uses = jobs.publish.steps.map(({ uses = "" }) => uses.split("@")[0]);
    const attest = uses.indexOf("actions/attest-build-provenance");
    const release = jobs.publish.steps.findIndex(({ run }) => run?.includes("gh release create"));
    expect([attest > 0, release > attest]).toEqual([true, true]);
    expect(jobs.publish.steps[attest]?.with?.["subject-path"]).toContain("trt-accuracy-gate-*.tgz");
  });
});

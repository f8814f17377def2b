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
const folder = "docs/workflows";
const files = readdirSync(folder);

describe("example workflows", () => {
  it("are the four that docs/workflows.md names", () => {
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
});

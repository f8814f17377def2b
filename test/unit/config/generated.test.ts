import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { generate, replaceBetween, withRelease } from "../../../scripts/gen.ts";
import { starterConfig } from "../../../src/config/init-template.ts";
import { actionInputs, outputSpecs } from "../../../src/config/inputs.ts";
import { settleYaml } from "./settle-samples.ts";

const root = new URL("../../../", import.meta.url);
const read = (file: string): string => readFileSync(new URL(file, root), "utf8");

it("leaves nothing generated behind its source (npm run gen writes it)", () => {
  expect(generate(root.pathname, true)).toEqual([]);
});

describe("action.yml", () => {
  const action: unknown = parse(read("action.yml"));

  it("runs on node24 and cleans up always", () => {
    expect(action).toMatchObject({ runs: { using: "node24", main: "dist/index.js", post: "dist/post.js", "post-if": "always()" } });
  });

  it("has the inputs and outputs of the table, and a default only where the runner must give it", () => {
    expect(action).toMatchObject({ outputs: Object.fromEntries(outputSpecs.map(({ name, help }) => [name, { description: help }])) });
    const { inputs } = action as { inputs: Record<string, { default?: string }> };
    expect(Object.keys(inputs)).toEqual(actionInputs.map(({ name }) => name));
    expect(
      Object.entries(inputs)
        .filter(([, input]) => input.default !== undefined)
        .map(([name]) => name),
    ).toEqual(["artifact-name", "github-token", "job-key"]);
  });
});

describe("the schema for editors", () => {
  const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(JSON.parse(read("schema/config.schema.json")));

  it("accepts the first configuration", () => {
    expect(validate(parse(starterConfig({ models: [], unread: [], caches: [], samples: [] })))).toBe(true);
  });

  it.each([[{ version: 2 }], [{ version: 1, model: [] }], [{ version: 1, models: [{ path: "a", tolerance: { cosine: { warn: 1 } } }] }]])(
    "refuses %j",
    (config) => {
      expect(validate(config)).toBe(false);
    },
  );
});

describe("markers", () => {
  it("keep what stands around them", () => {
    expect(replaceBetween("a\n<!-- gen:x -->\nold\n<!-- /gen -->\nb\n# gen:y\n# /gen\n", "x", "new\n")).toBe(
      "a\n<!-- gen:x -->\nnew\n<!-- /gen -->\nb\n# gen:y\n# /gen\n",
    );
  });

  it("that are missing or not closed are told apart from an empty part", () => {
    expect(replaceBetween("a\n", "x", "new\n")).toBeUndefined();
    expect(replaceBetween("# gen:x\n", "x", "new\n")).toBeUndefined();
  });
});

describe("the release that snippets name", () => {
  it("is that of package.json, on every page that names one", () => {
    const { version } = JSON.parse(read("package.json"));
    const line = "- uses: OWNER/trt-accuracy-gate@COMMIT_SHA # v9.9.9: replace by the commit you reviewed";
    expect(withRelease(line)).toBe(line.replace("9.9.9", version));
    for (const page of ["README.md", "docs/guides/gpu-machines.md", "docs/workflows/pull-request.yml"])
      expect(read(page)).toMatch(new RegExp(`trt-accuracy-gate@\\S+ # v${version.replaceAll(".", "\\.")}:`));
  });
});

describe("the reference of the configuration", () => {
  const text = read("docs/configuration.md");
  const rows = text.split("\n").filter((line) => /^\| `/.test(line));

  it("has a meaning for every key", () => {
    expect(rows.length).toBeGreaterThan(60);
    expect(rows.filter((row) => / \|\s*\|$/.test(row))).toEqual([]);
  });

  it("has an example that the schema and the rules accept", () => {
    const example = /```yaml\n([\s\S]*?)```/.exec(text)?.[1] ?? "";
    expect(settleYaml(example).models).toMatchObject([{ path: "models/cls.onnx", validation: { data: "validation/cls.npz" } }]);
  });
});

/** Every line of a shell that a page shows is run by a test, or stands here with why it cannot be. */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseDocument } from "yaml";
import { blocksOf, pages, pageText, shownLines } from "../../support/shown-lines.ts";

const demo = "test/dist/demo.test.ts";
const release = "test/dist/release.test.ts";
const shell = "test/real/shown-commands.test.ts";
const guides = "test/integration/guides.test.ts";

/** Which test runs the lines of these pages; that it runs each of them is held there. */
const runByPage = (page: string, line: string): string | undefined => {
  if (page === "examples/given-engines/README.md") return "test/real/given-engines.test.ts";
  if (page.startsWith("examples/")) return "test/integration/examples.test.ts";
  return page.startsWith("docs/guides/") && line.startsWith("trt-gate ") && !(line in runBy) ? guides : undefined;
};

const runBy: Readonly<Record<string, string>> = {
  "git clone REPOSITORY trt-accuracy-gate && cd trt-accuracy-gate": demo,
  "npm run demo": demo,
  'npm install --global --ignore-scripts "$(npm pack --silent)"': "test/dist/packed.test.ts",
  "trt-gate check cls.onnx --cache cls.cache --validation validation.npz": guides,
  "trt-gate init": guides,
  "npm run preview": demo,
  "npm version 1.2.3 --no-git-tag-version": release,
  "npm run gen": release,
  "npm run build": release,
  "trt-gate inputs model.onnx --data loader.py -o validation.json": shell,
  "python3 -m venv --system-site-packages ~/gate": shell,
  "~/gate/bin/python -m pip install polygraphy==0.53.6 numpy": shell,
  "~/gate/bin/python -c 'import tensorrt; print(tensorrt.__version__)'": shell,
  "python3 -m venv ~/rtx": shell,
  "~/rtx/bin/python -m pip install tensorrt-rtx-cu13-bindings==1.7.1.116 tensorrt-rtx-cu13-libs==1.7.1.116 polygraphy==0.53.6 numpy": shell,
  "echo 'CUDA_VISIBLE_DEVICES=GPU-8f5d3c1a-1f0e-4c52-9d0a-3b1f1a2c4d5e' >> .env": shell,
  "echo 'CUDA_VISIBLE_DEVICES=MIG-6d5a2f3b-0000-0000-0000-000000000000' >> .env": shell,
};

const cannotRun: Readonly<Record<string, string>> = {
  "npm test": "runs this very test",
  "npm run all": "runs this very test",
  "npm run test:unit -- test/unit/gate/judge.test.ts": "may install anew into the checkout that runs this very test",
  "npm run screenshots":
    "writes pictures that differ by font and browser into docs/; the same pages are opened by test/real/browser.test.ts",
  "sudo apt-get install -y nvidia-container-toolkit": "changes the system, from NVIDIA's own package source",
  "sudo nvidia-ctk runtime configure --runtime=docker": "changes the system",
  "sudo systemctl restart docker": "changes the system",
  "docker run --rm --gpus all nvcr.io/nvidia/tensorrt:25.06-py3 nvidia-smi": "pulls 10 GB and needs Docker and a GPU",
  "sudo apt-get install -y nvidia-jetpack python3-venv": "changes the system, and is for a Jetson",
  "nvidia-smi -L": "needs a GPU",
  "./config.sh --url https://github.com/OWNER/REPO --token TOKEN --labels gpu,l4": "is GitHub's runner, which asks GitHub",
};

const lines = shownLines();

describe("a line of a shell on a page", () => {
  it("is run by a test that is there, or cannot be, and says why", () => {
    expect(lines.length).toBeGreaterThan(60);
    const unknown = lines.filter(({ page, line }) => {
      const test = runByPage(page, line) ?? runBy[line];
      return !(line in cannotRun) && (test === undefined || !existsSync(test));
    });
    expect(unknown).toEqual([]);
  });

  it("is shown where it is listed here", () => {
    const shown = new Set(lines.map(({ line }) => line));
    expect([...Object.keys(runBy), ...Object.keys(cannotRun)].filter((line) => !shown.has(line))).toEqual([]);
  });

  it("stands in a block whose language says so", () => {
    const known = new Set(["console", "sh", "yaml", "python", "mermaid"]);
    const others = pages.flatMap((page) => blocksOf(pageText(page)).map(({ language }) => `${page}: ${language}`));
    expect(others.filter((one) => !known.has(one.split(": ")[1] ?? ""))).toEqual([]);
    expect(pages.filter((page) => blocksOf(pageText(page)).length * 2 !== pageText(page).split("```").length - 1)).toEqual([]);
  });
});

describe("a block of YAML on a page", () => {
  const blocks = pages.flatMap((page) =>
    blocksOf(pageText(page))
      .filter(({ language }) => language === "yaml")
      .map(({ body }) => ({ page, body })),
  );

  it("parses, and pins each action that it uses by a whole commit or by the word for one", () => {
    expect(blocks.map(({ page }) => page)).toEqual(
      expect.arrayContaining(["README.md", "docs/configuration.md", "docs/guides/gpu-machines.md"]),
    );
    for (const { body } of blocks) expect(parseDocument(body).errors).toEqual([]);
    const used = blocks.flatMap(({ body }) => [...body.matchAll(/uses: (\S+)/g)].map(([, action = ""]) => action));
    expect(used.length).toBeGreaterThan(3);
    expect(used.filter((action) => !/@(?:[0-9a-f]{40}|COMMIT_SHA)$/.test(action))).toEqual([]);
  });
});

describe("a command of this repository in the text of a page", () => {
  const scripts: Readonly<Record<string, string>> = JSON.parse(readFileSync("package.json", "utf8")).scripts;
  const named = pages.flatMap((page) =>
    [...pageText(page).matchAll(/\b(npm run|node) ([\w:./-]+)/g)].map(([whole, tool, what = ""]) => ({ page, whole, tool, what })),
  );

  it("names a script that there is", () => {
    expect(named.length).toBeGreaterThan(30);
    const files = named.filter(({ tool, what }) => tool === "node" && /\.(ts|mjs|js)$/.test(what));
    expect(files.filter(({ what }) => !existsSync(what.replace(/^(\.\.\/)+/, "")))).toEqual([]);
    expect(named.filter(({ tool, what }) => tool === "npm run" && !(what in scripts))).toEqual([]);
  });
});

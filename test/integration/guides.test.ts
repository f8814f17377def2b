/**
 * Every command that a page shows in a `console` block is run, in order, in a copy of the example that the page names; the exit code is
 * the one that the page says, 0 where it says none. What other lines of a shell do is in test/unit/docs/shown-commands.test.ts: each is run by a test or says why not.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { globSync } from "tinyglobby";
import { afterAll, describe, expect, it } from "vitest";
import { readNpy } from "../../src/formats/npy.ts";
import { writeNpz } from "../../src/formats/write-npz.ts";
import { runCommand } from "../support/command.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const work = mkdtempSync(join(tmpdir(), "trt-gate-guides-"));
afterAll(() => rmSync(work, { recursive: true, force: true }));

interface Shown {
  readonly args: readonly string[];
  readonly exitCodes: readonly number[];
  /** Of the model that the page names; undefined where it names none. */
  readonly reason: string | undefined;
}

/** `Exit code 0 where …, else 4.` allows both. The last command of a block has it, those before it end in 0. */
function shownIn(text: string): Shown[] {
  const blocks = [...text.matchAll(/^```console\n([\s\S]*?)^```\n(?:\n(Exit code .+))?/gm)];
  return blocks.flatMap(([, block = "", said]) => {
    const lines = [...block.matchAll(/^\$ trt-gate (.+)$/gm)].map(([, line = ""]) => line);
    return lines.map((line, i): Shown => {
      const isLast = i === lines.length - 1;
      return {
        args: line.split(" "),
        exitCodes: isLast && said !== undefined ? [...said.matchAll(/\b(?:code|else) (\d)/g)].map(([, code]) => Number(code)) : [0],
        reason: isLast ? / is an? [^(`]*\(`([\w-]+)`\)/.exec(said ?? "")?.[1] : undefined,
      };
    });
  });
}

const pages = globSync("docs/guides/*.md", { cwd: root }).map((page) => {
  const text = readFileSync(join(root, page), "utf8");
  return { page, text, example: /^Commands on this page run in \[examples\/([\w-]+)\]/m.exec(text)?.[1], shown: shownIn(text) };
});
const withCommands = pages.filter(({ text }) => text.includes("```console"));

describe("the pages of the guide", () => {
  it("name the example of their commands, and every line of a block is a command that is run", () => {
    expect(withCommands.length).toBeGreaterThan(5);
    const lost = withCommands.filter(
      ({ text, example, shown }) => example === undefined || shown.length !== text.split("\n$ ").length - 1 || shown.length === 0,
    );
    expect(lost.map(({ page }) => page)).toEqual([]);
  });

  it("are listed on the guide's own page, each once", () => {
    const listed = [...readFileSync(join(root, "docs/guide.md"), "utf8").matchAll(/\]\((guides\/[\w-]+\.md)\)/g)].map(
      ([, page]) => `docs/${page}`,
    );
    expect(listed.toSorted()).toEqual(pages.map(({ page }) => page).toSorted());
  });

  it("is not the only page with commands: those of the README run too", () => {
    const cwd = join(work, "readme");
    const example = join(root, "examples/classifier");
    mkdirSync(cwd);
    cpSync(join(example, "model.onnx"), join(cwd, "cls.onnx"));
    cpSync(join(example, "model.cache"), join(cwd, "cls.cache"));
    writeFileSync(
      join(cwd, "validation.npz"),
      writeNpz([readNpy("image", readFileSync(join(example, "validation.npy")), "validation.npy")]),
    );
    const blocks = [...readFileSync(join(root, "README.md"), "utf8").matchAll(/^```console\n([\s\S]*?)^```/gm)].map(
      ([, block = ""]) => block,
    );
    const lines = blocks.flatMap((block) => [...block.matchAll(/^\$ trt-gate ([^#\n]+)/gm)].map(([, line = ""]) => line.trim().split(" ")));
    expect(lines.map(([command]) => command)).toEqual(["check", "init"]);
    for (const args of lines) {
      const ran = runCommand(args, cwd);
      expect(ran.status, `trt-gate ${args.join(" ")}\n${ran.stdout}${ran.stderr}`).toBe(0);
    }
    expect(existsSync(join(cwd, ".github/trt-gate.yml"))).toBe(true);
  });

  it.each(withCommands.map(({ page, example, shown }) => ({ page, example, shown })))(
    "end as they say: $page",
    ({ page, example, shown }) => {
      const cwd = join(work, page.replaceAll("/", "-"));
      cpSync(join(root, "examples", example ?? ""), cwd, { recursive: true, filter: (path) => !path.endsWith("trt-gate-report") });
      for (const { args, exitCodes, reason } of shown) {
        const ran = runCommand(args, cwd);
        const said = ran.stdout + ran.stderr;
        expect(exitCodes, `trt-gate ${args.join(" ")}: ${ran.status}\n${said}`).toContain(ran.status);
        expect(said, args.join(" ")).toContain(reason ?? "");
      }
    },
  );
});

/** What the guides show in shell and Python that needs Python: run in scratch folders, with a module that says a version where TensorRT is meant to be. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";
import { oraclePython } from "../../scripts/python-env.ts";
import { readNpy, writeNpy } from "../../src/formats/npy.ts";
import { runCommand } from "../support/command.ts";
import { describeWithPython } from "../support/needs.ts";
import { blocksOf, pageText, shownLines } from "../support/shown-lines.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const work = mkdtempSync(join(tmpdir(), "trt-gate-shown-"));
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** An empty folder. */
function folder(name: string): string {
  mkdirSync(join(work, name));
  return join(work, name);
}

const on = (page: string, pattern: RegExp): string[] =>
  shownLines()
    .filter((shown) => shown.page === page && pattern.test(shown.line))
    .map(({ line }) => line);

/** The page's block of Python that holds this word. */
const pythonOf = (word: string): string =>
  blocksOf(pageText("docs/guides/validation-data.md")).find(({ language, body }) => language === "python" && body.includes(word))?.body ??
  "";

/** With `home` as HOME and the working folder. */
function shell(line: string, home: string, more: Readonly<Record<string, string>> = {}): string {
  const env = { PATH: `${dirname(oraclePython())}:${process.env.PATH}`, HOME: home, ...more };
  const ran = spawnSync("bash", ["-e", "-c", line], { cwd: home, env, encoding: "utf8", timeout: 110_000 });
  expect(ran.status, `${line}\n${ran.stdout}${ran.stderr}`).toBe(0);
  return ran.stdout;
}

describeWithPython("what the guides show", () => {
  it("takes samples of a loader in Polygraphy's form", () => {
    const cwd = folder("loader");
    cpSync(join(root, "examples/classifier/model.onnx"), join(cwd, "model.onnx"));
    cpSync(join(root, "examples/classifier/validation.npy"), join(cwd, "validation.npy"));
    writeFileSync(join(cwd, "loader.py"), pythonOf("load_data"));
    const [line = ""] = on("docs/guides/validation-data.md", /loader\.py/);
    const ran = runCommand([...line.split(" ").slice(1), "--python", oraclePython()], cwd);
    expect(ran.status, ran.stdout + ran.stderr).toBe(0);
    const feeds: unknown[] = JSON.parse(readFileSync(join(cwd, "validation.json"), "utf8"));
    expect(feeds).toHaveLength(readNpy("image", readFileSync(join(cwd, "validation.npy")), "validation.npy").shape[0] ?? 0);
  });

  it("splits recordings into two sets that hold each sample once", () => {
    const cwd = folder("split");
    const count = 500;
    writeFileSync(
      join(cwd, "recorded.npy"),
      writeNpy({ name: "x", dtype: "float32", shape: [count, 1], data: Float32Array.from({ length: count }, (_, i) => i) }),
    );
    writeFileSync(join(cwd, "split.py"), pythonOf("permutation"));
    shell("python split.py", cwd);
    const [validation, calibration] = ["validation", "calibration"].map((name) =>
      [...readNpy("x", readFileSync(join(cwd, `${name}.npy`)), name).data].map(Number),
    );
    expect([validation?.length, calibration?.length]).toEqual([96, 404]);
    expect([...(validation ?? []), ...(calibration ?? [])].toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
  });

  it("makes an environment that sees the system's TensorRT", () => {
    const home = folder("jetson");
    const lines = on("docs/guides/gpu-machines.md", /gate(?:$|\/bin)/);
    expect(lines).toHaveLength(3);
    mkdirSync(join(home, "system/tensorrt"), { recursive: true });
    writeFileSync(join(home, "system/tensorrt/__init__.py"), '__version__ = "10.3.0"\n');
    const said = shell(lines.join("\n"), home, { PYTHONPATH: join(home, "system"), PIP_DISABLE_PIP_VERSION_CHECK: "1" });
    expect(said.trim().split("\n").at(-1)).toBe("10.3.0");
    expect(shell("~/gate/bin/python -c 'import polygraphy; print(polygraphy.__version__)'", home)).toBe("0.53.6\n");
  });

  it("names the packages of TensorRT for RTX that the tests judge with", () => {
    const [venv = "", install = ""] = on("docs/guides/gpu-machines.md", /~\/rtx/);
    expect(venv).toBe("python3 -m venv ~/rtx");
    const pinned = ["builder-requirements.txt", "requirements.txt"].flatMap((file) =>
      readFileSync(join(root, "test/oracle", file), "utf8")
        .split("\n")
        .filter((line) => line.includes("==")),
    );
    const shown = install.split(" ").filter((word) => word.includes("=="));
    expect(shown).toHaveLength(3);
    expect(shown.filter((word) => !pinned.includes(word))).toEqual([]);
  });

  it("appends one line that a runner reads, with the name of a GPU or a slice", () => {
    const home = folder("runner");
    const lines = on("docs/guides/gpu-machines.md", /^echo /);
    expect(lines).toHaveLength(2);
    for (const line of lines) shell(line, home);
    const written = readFileSync(join(home, ".env"), "utf8").trimEnd().split("\n");
    expect(written.map((line) => /^CUDA_VISIBLE_DEVICES=(GPU|MIG)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.exec(line)?.[1])).toEqual([
      "GPU",
      "MIG",
    ]);
  });
});

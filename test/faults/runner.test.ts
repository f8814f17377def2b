/** A runner that is not as one expects it: its folders, its paths, its names, and what another tool did to a file on the way here. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { outlierModel } from "../fakes/outlier-model.ts";
import { useBundle } from "./bundle.ts";
import { config, soundConfig, type Workplace, workplace } from "./workplace.ts";

let place: Workplace;
beforeEach(async () => {
  place = await workplace();
});
afterEach(() => place.end());
const reasonOf = ({ report }: Awaited<ReturnType<Workplace["check"]>>) => report?.models.map(({ reason }) => reason);

describe("as a process", () => {
  const bundle = useBundle();

  /** Through a shell in the workspace; `$gate` is the command. */
  const shell = (line: string, env: Readonly<Record<string, string>> = {}) => {
    const gate = `"${process.execPath}" "${bundle.folder}/cli.js"`;
    const script = line.replaceAll("$gate", gate);
    return spawnSync("/bin/sh", ["-c", script], { cwd: place.effects.cwd, encoding: "utf8", env: { PATH: process.env.PATH, ...env } });
  };
  const check = "$gate check --lane simulate --search off --changed-only false";

  it("temporary folder that is a file", () => {
    writeFileSync(place.at("file"), "");
    const { status, stdout, stderr } = shell(check, { TMPDIR: place.at("file") });
    expect(stdout.replace(/\n */g, " ")).toContain("Point RUNNER_TEMP or TMPDIR to a folder that can be written");
    expect(stderr).not.toContain("bug in the gate");
    expect(status, stderr).toBe(4);
  });

  it("working folder that is gone", () => {
    const { status, stderr } = shell("mkdir gone && cd gone && rmdir ../gone && $gate check 2>&1 >/dev/null | cat >&2; $gate --version");
    expect(stderr).toContain("error: the working folder is not there any more");
    expect(stderr).not.toContain("bug in the gate");
    expect(shell("mkdir gone && cd gone && rmdir ../gone && $gate check").status).toBe(2);
    expect(status).toBe(2);
  });

  it("no HOME, and temporary files on another file system", () => {
    const temp = mkdtempSync("/dev/shm/trt-gate-test-");
    const { status, stderr } = shell(check, { TMPDIR: temp });
    expect(status, stderr).toBe(0);
    expect(readdirSync(temp).filter((name) => name.startsWith("trt-gate"))).toEqual([]);
    rmSync(temp, { recursive: true });
  });

  it("workspace that is read-only", () => {
    const temp = mkdtempSync("/tmp/trt-gate-test-");
    for (const folder of [temp, place.effects.folder, join(bundle.folder, "..")]) chmodSync(folder, 0o777);
    // The superuser may write everywhere: as a user who may not.
    const other = "chown -R 65534 . && setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all";
    const user = process.getuid?.() === 0 ? other : "";
    const { status, stderr, stdout } = shell(`chmod -R a+rX,a-w . && ${user} ${check}`, { TMPDIR: temp, HOME: temp });
    shell("chmod -R u+w .");
    expect(stdout, stderr).toContain("Safe to merge");
    const unwritten =
      /warning: The report was not written to .*closed to this user\. Name a place that can be written\. The verdict stands\.\n/;
    expect(stderr).toMatch(unwritten);
    expect(status, stderr).toBe(4);
    rmSync(temp, { recursive: true });
  });
});

describe("what lies in the workspace", () => {
  const folderAt = (name: string) => {
    rmSync(place.at(name));
    mkdirSync(place.at(name));
  };

  it("folder where a file is expected", async () => {
    folderAt("models/m.onnx");
    const model = await place.check();
    expect(model.report?.models[0]?.message).toBe(
      `${config}:4: The model 'models/m.onnx' is no regular file. Name a plain .onnx file that this user may read.`,
    );
    await place.put("models/m.onnx", undefined);
    await place.put("models/m.onnx", outlierModel());
    folderAt("data/validation.npz");
    const data = await place.check();
    expect(data.report?.models[0]?.message).toBe(`${config}:9: data/validation.npz is an empty folder. Put samples into it.`);
    folderAt(config);
    const settings = await place.check();
    expect(settings.log).toContain(`${config} is a folder, not a file. Commit the configuration as a plain file.`);
    expect([model.exitCode, data.exitCode, settings.exitCode]).toEqual([2, 2, 2]);
  });

  it("damaged samples, named as the configuration names them", async () => {
    await place.put("data/validation.npz", "x");
    const { exitCode, report } = await place.check();
    expect(report?.models[0]?.message).toMatch(new RegExp(`^${config}:9: data/validation\\.npz at byte 0: `));
    expect(exitCode).toBe(2);
  });

  it("links that lead in a circle, under a glob", async () => {
    symlinkSync("../models", place.at("models/loop"));
    symlinkSync("self", place.at("models/self"));
    await place.put(config, soundConfig.replace("  - name: m\n    path: models/m.onnx", '  - path: "models/**/*.onnx"'));
    const ended = await place.check();
    expect(reasonOf(ended), ended.log).toEqual(["within-limits"]);
    expect(ended.exitCode).toBe(0);
  });

  it("model under a glob that is a link", async () => {
    const globbed = soundConfig.replace("  - name: m\n    path: models/m.onnx", '  - path: "models/*.onnx"');
    await place.put(config, globbed);
    // As tools keep large files out of git: beside the workspace, or not fetched.
    await place.put("../store/large.onnx", outlierModel());
    for (const target of ["none.onnx", "b.onnx", place.at("../store/large.onnx")]) {
      symlinkSync(target, place.at("models/b.onnx"));
      const { exitCode, log } = await place.check();
      expect(log, target).toContain(`${config}:3: models[0].path is "models/*.onnx", which matches "models/b.onnx", which passes through`);
      expect(exitCode).toBe(2);
      rmSync(place.at("models/b.onnx"));
    }
    symlinkSync("m.onnx", place.at("models/latest.onnx"));
    expect(reasonOf(await place.check())).toEqual(["within-limits"]);
  });

  it("model in a linked folder, under a glob", async () => {
    await place.put(config, soundConfig.replace("  - name: m\n    path: models/m.onnx", '  - path: "models/**/*.onnx"'));
    await place.put("../store/large.onnx", outlierModel());
    await place.put("elsewhere/large.onnx", outlierModel());
    for (const target of [place.at("../store"), place.at("elsewhere")]) {
      symlinkSync(target, place.at("models/linked"));
      const { exitCode, log } = await place.check();
      expect(log, target).toContain('which matches "models/linked/large.onnx", which passes through the symbolic link "models/linked"');
      expect(exitCode).toBe(2);
      rmSync(place.at("models/linked"));
    }
    // More lies behind it than is looked at.
    for (let file = 0; file <= 20_000; file++) writeFileSync(place.at(`elsewhere/${file}.txt`), "");
    symlinkSync(place.at("elsewhere"), place.at("models/linked"));
    const { exitCode, log } = await place.check();
    expect(log).toContain('which matches "models/linked", which passes through the symbolic link "models/linked"');
    expect(exitCode).toBe(2);
    rmSync(place.at("elsewhere"), { recursive: true });
    // Nothing of it is a model.
    await place.put("elsewhere/notes.txt", "");
    expect(reasonOf(await place.check())).toEqual(["within-limits"]);
  });

  it("configuration that is a link to nowhere", async () => {
    for (const target of ["trt-gate.yml", "none.yml"]) {
      rmSync(place.at(config), { force: true });
      symlinkSync(target, place.at(config));
      const { exitCode, log } = await place.check();
      expect(log, target).toContain(`${config} is a link that leads to no file. Commit the configuration as a plain file.`);
      expect(exitCode).toBe(2);
    }
  });

  it("path of 3,800 bytes", async () => {
    const deep = Array.from({ length: 18 }, () => "d".repeat(200));
    // Longer than a path may be in one call from the root, as long as the workspace is: one folder after the other.
    await place.put(join("models", ...deep, "m.onnx"), outlierModel());
    await place.put(config, soundConfig.replace("models/m.onnx", join("models", ...deep, "m.onnx")));
    const ended = await place.check();
    expect(reasonOf(ended), ended.log).toEqual(["within-limits"]);
  });

  it("model whose name holds a line feed and a percent sign", async () => {
    await place.put("models/a\nb%0A.onnx", readFileSync(place.at("models/m.onnx")));
    await place.put(config, soundConfig.replace("path: models/m.onnx", 'path: "models/a\\nb%0A.onnx"'));
    const ended = await place.check();
    expect(reasonOf(ended), ended.log).toEqual(["within-limits"]);
  });

  it("names that differ in case only", async () => {
    await place.put("models/M.onnx", readFileSync(place.at("models/m.onnx")));
    const entry = soundConfig.slice(soundConfig.indexOf("  - "));
    await place.put(config, `${soundConfig}${entry.replace("name: m", "name: M").replace("m.onnx", "M.onnx")}`);
    const ended = await place.check();
    expect(reasonOf(ended), ended.log).toEqual(["within-limits", "within-limits"]);
  });

  it("model that is removed between plan and check", async () => {
    const plan = await place.trtGate("plan", "--json");
    expect(JSON.parse(plan.out), plan.log).toMatchObject({ expect: ["m"] });
    await place.put("models/m.onnx", undefined);
    const { exitCode, log } = await place.trtGate("check", "--lane", "simulate", "--changed-only", "false", "--models", "models/m.onnx");
    expect(log).toContain("models/m.onnx");
    expect(exitCode, log).toBe(2);
  });
});

describe("what another tool made of the configuration", () => {
  it("configuration with CRLF, or with a byte order mark", async () => {
    for (const text of [soundConfig.replaceAll("\n", "\r\n"), `\uFEFF${soundConfig}`]) {
      await place.put(config, text);
      const ended = await place.check();
      expect(reasonOf(ended), ended.log).toEqual(["within-limits"]);
    }
    await place.put(config, soundConfig.replace("tolerance", "tolerence").replaceAll("\n", "\r\n"));
    const { exitCode, log } = await place.check();
    expect(log).toMatch(/trt-gate\.yml:10: .*tolerence.*tolerance/);
    expect(exitCode).toBe(2);
  });

  it("configuration of no bytes", async () => {
    await place.put(config, "");
    const { exitCode, log } = await place.check();
    expect(log).toContain(`${config}:1: the file is empty; write at least version: 1 and models:`);
    expect(exitCode).toBe(2);
  });

  it("anchors and aliases in the configuration", async () => {
    const anchored = soundConfig.replace("quantization:", "quantization: &data").replace("{max-abs", "&limits {max-abs");
    const more = "  - {name: n, path: models/m.onnx, quantization: *data, validation: {data: data/validation.npz}, tolerance: *limits}\n";
    await place.put(config, anchored + more);
    const ended = await place.check();
    expect(reasonOf(ended), ended.log).toEqual(["within-limits", "within-limits"]);
  });

  it("merge key in the configuration", async () => {
    await place.put(config, `${soundConfig.replace("  - name: m", "  - &m\n    name: m")}  - {<<: *m, name: n}\n`);
    const { exitCode, log } = await place.check();
    expect(log).toMatch(/trt-gate\.yml:12: models\[1\]\."<<" is no key/);
    expect(exitCode).toBe(2);
  });
});

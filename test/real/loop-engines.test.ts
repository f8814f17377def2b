/** The loop with engines, on the stand-in for TensorRT: a Q/DQ model that regresses, its fixed form committed by the command that the terminal names, and the engine of that very file judged. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, it } from "vitest";
import { writeNpz } from "../../src/formats/write-npz.ts";
import type { Report } from "../../src/report/schema.ts";
import { type FakeMachine, fakeMachine } from "../fakes/fake-tensorrt.ts";
import { outlierData, outlierModel } from "../fakes/outlier-model.ts";
import { makeRepository } from "../fakes/repository.ts";
import { describeWithPython } from "../support/needs.ts";

const cli = fileURLToPath(new URL("../../src/cli.ts", import.meta.url));

function reportIn(folder: string): Report["models"][number] {
  const report: Report = JSON.parse(readFileSync(join(folder, "trt-gate-report/report.json"), "utf8"));
  const [model] = report.models;
  if (model === undefined) throw new Error("the report holds no model");
  return model;
}

let machine: FakeMachine;
afterEach(() => machine.end());

describeWithPython("a Q/DQ model that regresses as an engine", () => {
  it.each(["8.6.1", "10.15.1"])("passes as an engine once its fixed form is committed in its place: TensorRT %s", async (version) => {
    machine = await fakeMachine({ FAKE_TRT_VERSION: version });
    const folder = join(machine.effects.cwd, "repository");
    const repository = makeRepository(folder);
    writeFileSync(join(folder, "chain.onnx"), outlierModel());
    writeFileSync(join(folder, "validation.npz"), writeNpz([outlierData(96)]));
    writeFileSync(join(folder, "calibration.npz"), writeNpz([outlierData(64, 4, 4, 200)]));
    const gate = async (line: string) => {
      const ran = await machine.byHand(`'${process.execPath}' '${cli}' ${line}`, folder);
      return { exitCode: ran.exitCode, said: ran.tail.join("\n") };
    };
    for (const line of [
      "calibrate chain.onnx --data calibration.npz --algorithm minmax -o chain.cache",
      "cache to-qdq chain.cache chain.onnx --placement core -o chain.qdq.onnx",
    ]) {
      const made = await gate(line);
      expect(made.exitCode, made.said).toBe(0);
    }
    repository.commit({ ".gitignore": "trt-gate-report/\n" });
    const check = `check chain.onnx --qdq chain.qdq.onnx --validation validation.npz --tolerance sqnr-db=15 --lane explicit --python '${machine.python}'`;
    const red = await gate(check);
    expect([red.exitCode, reportIn(folder).search?.keep.map(({ nodes }) => nodes)], red.said).toEqual([1, [["c2"]]]);
    const next = /^Next: (cp .+)$/m.exec(red.said)?.[1] ?? "";
    const author = "export GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@example.com GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@example.com";
    const committed = await machine.byHand(`${author}; ${next}`, folder);
    expect(committed.exitCode, `${next}\n${committed.tail.join("\n")}`).toBe(0);
    expect(repository.git("status", "--porcelain")).toBe("");

    const green = await gate(check);
    const { verdict, kept, coverage, builds } = reportIn(folder);
    expect([green.exitCode, verdict, kept], green.said).toEqual([0, "pass", undefined]);
    expect(coverage).toMatchObject({ quantizedUnits: 4, totalUnits: 5 });
    expect(builds.map(({ what }) => what)).toContain("Q/DQ engine");
  });
});

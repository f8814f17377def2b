/** A red pull request turns green by a file of its own: the fixed Q/DQ model in the model's place, or the calibration cache put back as it was. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeNpz } from "../../src/formats/write-npz.ts";
import { parseModel } from "../../src/onnx/read.ts";
import { outlierData, outlierModel } from "../fakes/outlier-model.ts";
import { commandsBehind, openPullRequest } from "./pushes.ts";
import { openWorkplace, type Workplace } from "./spawn.ts";

let place: Workplace;
beforeEach(async () => {
  place = await openWorkplace();
  for (const name of ["models", "data"]) mkdirSync(join(place.repository.folder, name));
  writeFileSync(join(place.repository.folder, "models/chain.onnx"), outlierModel());
  writeFileSync(join(place.repository.folder, "data/validation.npz"), writeNpz([outlierData(96)]));
  writeFileSync(join(place.folder, "calibration.npz"), writeNpz([outlierData(64, 4, 4, 200)]));
});
afterEach(async () => await place.end());

const configOf = (path: string, quantization: string): string => `version: 1
models:
  - name: chain
    path: ${path}
    ${quantization}
    validation: {data: data/validation.npz}
    tolerance: {sqnr-db: {fail: 15}}
`;

/** Commits the base and checks out `topic`. */
function commitBase(config: string): string {
  const base = place.repository.commit({ ".github/trt-gate.yml": config, ".gitignore": "trt-gate-report/\n" });
  place.repository.git("checkout", "-q", "-b", "topic");
  return base;
}

/** The command on the repository's files, as its owner runs it. */
async function gate(...args: readonly string[]): Promise<void> {
  const ended = await place.command(args, { GITHUB_ACTIONS: "" }).ended;
  expect(ended.exitCode, ended.log).toBe(0);
}

const cachePath = () => join(place.folder, "chain.cache");
const calibrate = () =>
  gate("calibrate", "models/chain.onnx", "--data", join(place.folder, "calibration.npz"), "--algorithm", "minmax", "-o", cachePath());

/** What the node reads first: its own tensor, or that tensor through a Q/DQ pair. */
function readBy(node: string): string | undefined {
  const { graph } = parseModel(readFileSync(join(place.repository.folder, "models/chain.qdq.onnx")), "chain.qdq.onnx");
  return graph.node.find(({ name }) => name === node)?.input[0];
}

describe("a Q/DQ model that regresses", () => {
  const forms = [
    { form: "beside its float model", path: "models/chain.onnx", quantization: "quantization: {qdq: models/chain.qdq.onnx}", caveats: [] },
    { form: "alone, with integers for weights", path: "models/chain.qdq.onnx", quantization: "", caveats: ["weight-error-unseen"] },
  ];

  /** Red as it stands. */
  async function regress({ path, quantization }: (typeof forms)[number]) {
    const { repository, github } = place;
    writeFileSync(join(repository.folder, "models/chain.qdq.onnx"), "the model before the pull request");
    const pull = openPullRequest(place, commitBase(configOf(path, quantization)));
    await calibrate();
    await gate("cache", "to-qdq", cachePath(), "models/chain.onnx", "--placement", "core", "-o", "models/chain.qdq.onnx");
    repository.commit({});
    const red = await pull.push("20");
    expect([red.exitCode, red.report?.models[0]?.search?.keep.map(({ nodes }) => nodes)], red.log).toEqual([1, [["c2"]]]);
    return { pull, comment: github.comments[0]?.body ?? "" };
  }

  it.each(forms)("goes green once the comment's commands committed the fixed model in its place: $form", async (form) => {
    const { repository, github } = place;
    const { pull, comment } = await regress(form);
    expect([readBy("c2"), readBy("c3")]).toEqual(["t1_DequantizeLinear_Output", "t2_DequantizeLinear_Output"]);
    const commands = commandsBehind("Put the fixed model in place of `models/chain.qdq.onnx`", comment);
    expect(commands.split("\n"), comment).toEqual([
      "gh run download 20 -n trt-gate -D trt-gate-report",
      expect.stringMatching(/^cp \S+\/fixed\.qdq\.onnx models\/chain\.qdq\.onnx && git commit -m '[^']+' -- models\/chain\.qdq\.onnx$/),
    ]);
    pull.shell(commands);
    expect(repository.git("show", "--name-only", "--format=%s", "HEAD")).toBe("Keep 1 unit of chain in float16\n\nmodels/chain.qdq.onnx");
    expect([readBy("c2"), readBy("c3")]).toEqual(["t1", "t2_DequantizeLinear_Output"]);

    const green = await pull.push("21");
    const [model] = green.report?.models ?? [];
    expect([green.exitCode, model?.verdict, model?.caveats?.map(({ reason }) => reason) ?? []], green.log).toEqual([
      0,
      "pass",
      form.caveats,
    ]);
    expect(github.comments).toHaveLength(1);
    expect(github.comments[0]?.body).toMatch(form.caveats.length === 0 ? /^### ✅ Safe to merge/m : /^### ⚠️ Within limits/m);
  });

  it("goes green by a keep file as well, and the comment then says which file ships", async () => {
    const { pull, comment } = await regress(forms[0] as (typeof forms)[number]);
    pull.shell(commandsBehind("Or keep the units by a reviewed file", comment));
    const green = await pull.push("21");
    expect([green.exitCode, green.report?.models[0]?.kept?.file], green.log).toEqual([0, "models/chain.keep.json"]);
    expect(place.github.comments[0]?.body).toMatch(
      /kept by `models\/chain\.keep\.json`[\s\S]*models\/chain\.qdq\.onnx itself still quantises: ship fix\/\S+\/fixed\.qdq\.onnx of the report/,
    );
  });
});

describe("a calibration cache that moved", () => {
  it("goes green once the comment's command put it back", async () => {
    const { repository, github } = place;
    await calibrate();
    const cache = readFileSync(cachePath(), "utf8");
    repository.write({ "models/chain.cache": cache });
    const pull = openPullRequest(
      place,
      commitBase(configOf("models/chain.onnx", "quantization: {cache: models/chain.cache}\n    keep: [c2]")),
    );
    const moved = cache.replace(/^t3: [0-9a-f]{8}$/m, "t3: 43000000");
    expect(moved).not.toBe(cache);
    writeFileSync(join(repository.folder, "models/chain.onnx"), outlierModel("height", "width"));
    repository.commit({ "models/chain.cache": moved });
    const red = await pull.push("20");
    expect(red.exitCode, red.log).toBe(1);
    const commands = commandsBehind(
      "Put the former calibration cache back, where the new scales are not meant",
      github.comments[0]?.body ?? "",
    );
    pull.shell(commands);
    expect(repository.git("diff", "--name-only", "main", "HEAD")).toBe("models/chain.onnx");
    const green = await pull.push("21");
    expect([green.exitCode, green.report?.models[0]?.verdict], green.log).toEqual([0, "pass"]);
    expect(github.comments).toHaveLength(1);
    expect(github.comments[0]?.body).toContain("✅");
  });
});

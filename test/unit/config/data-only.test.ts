import { expect, it } from "vitest";
import { oneModel, problemsOf, settleYaml } from "./settle-samples.ts";

const withCode = oneModel(
  "name: cls",
  "quantization: {loader: calibration/loader.py}",
  "validation: {loader: validation/loader.py}",
  'task: {command: [python, eval.py, "{outputs}"], metric: accuracy, max-drop: 0}',
  "tensorrt: {plugins: [libevil.so], rebuilds: 2}",
  'waivers: [{tensor: "*", reason: because, until: 2027-01-01}]',
  "tolerance: {sqnr-db: {fail: 12}}",
);

it("takes code and exceptions out of a configuration that a pull request introduces, with a notice each", () => {
  const { models, notices } = settleYaml(withCode, { trust: "data-only" });
  expect(models[0]).toMatchObject({
    quantization: undefined,
    validation: undefined,
    task: undefined,
    waivers: [],
    tensorrt: { plugins: [], rebuilds: 2 },
    tolerance: { limits: { sqnrDb: { fail: 12 } } },
  });
  expect(notices.map((notice) => /^cls: "([^"]+)" is ignored because/.exec(notice)?.[1])).toEqual([
    "quantization.loader",
    "validation.loader",
    "task",
    "tensorrt.plugins",
    "waivers",
  ]);
});

it("keeps everything of a trusted configuration", () => {
  const { models, notices } = settleYaml(withCode, { trust: "full" });
  expect(models[0]).toMatchObject({
    quantization: { loader: "calibration/loader.py" },
    task: { metric: "accuracy" },
    tensorrt: { plugins: ["libevil.so"] },
  });
  expect(models[0]?.waivers).toHaveLength(1);
  expect(notices).toEqual([]);
});

it("keeps the data of an untrusted configuration without a notice", () => {
  const { models, notices } = settleYaml(oneModel("quantization: {cache: c.cache}", "validation: {data: v.npz}"), { trust: "data-only" });
  expect(models[0]).toMatchObject({ quantization: { cache: "c.cache" }, validation: { data: "v.npz" } });
  expect(notices).toEqual([]);
});

it("checks the stripped keys all the same, so that they do not fail later on the base branch", () => {
  expect(problemsOf(withCode.replace("2027-01-01", "2025-01-01"), { trust: "data-only" })).toHaveLength(1);
});

import { describe, expect, it } from "vitest";
import { toCamel } from "../../../src/config/case.ts";
import { inputSpecs } from "../../../src/config/inputs.ts";
import { readOptions } from "../../../src/config/options.ts";

describe("inputs", () => {
  it("give the documented defaults where nothing is set, an empty text included", () => {
    const empty = Object.fromEntries(inputSpecs.filter(({ emptyCounts }) => emptyCounts !== true).map(({ name }) => [name, ""]));
    expect(readOptions(empty)).toEqual(readOptions({}));
    expect(readOptions({})).toEqual({
      problems: [],
      options: {
        config: ".github/trt-gate.yml",
        models: [],
        lane: "auto",
        changedOnly: true,
        baseRef: undefined,
        search: "on-regression",
        comment: "on-change",
        suggestFix: true,
        failOn: new Set(["regression", "undecided"]),
        allowForks: false,
        python: "python3",
        timeoutMinutes: 60,
        artifactName: "trt-gate",
        artifactEngines: true,
        retentionDays: undefined,
        reportDir: "trt-gate-report",
        githubToken: "",
        jobKey: "local",
        seed: 0,
        saveOutputs: undefined,
      },
    });
  });

  it("have an option each, of the same name", () => {
    expect(Object.keys(readOptions({}).options).toSorted()).toEqual(inputSpecs.map(({ name }) => toCamel(name)).toSorted());
  });

  it("are read, trimmed, in their types", () => {
    const inputs = {
      lane: " implicit ",
      "changed-only": "False",
      "fail-on": "regression",
      "timeout-minutes": "1.5",
      "retention-days": "7",
      "artifact-name": "",
      models: "a\r\n b \n\n",
      "base-ref": "main",
    };
    expect(readOptions(inputs)).toMatchObject({
      problems: [],
      options: {
        lane: "implicit",
        changedOnly: false,
        failOn: new Set(["regression"]),
        timeoutMinutes: 1.5,
        retentionDays: 7,
        artifactName: "",
        models: ["a", "b"],
        baseRef: "main",
      },
    });
  });

  it.each([
    [{ "changed-only": "yes" }, 'Input "changed-only" is "yes"; allowed: true, false.'],
    [{ "timeout-minutes": "ten" }, 'Input "timeout-minutes" is "ten"; write a number of at least 0.1.'],
    [{ "timeout-minutes": "NaN" }, 'Input "timeout-minutes" is "NaN"; write a number of at least 0.1.'],
    [{ "timeout-minutes": "0" }, 'Input "timeout-minutes" is "0"; write a number of at least 0.1.'],
    [{ "retention-days": "1.5" }, 'Input "retention-days" is "1.5"; write a whole number of at least 1.'],
    [{ "fail-on": "regression,never" }, 'Input "fail-on" is "regression,never"; allowed: regression, undecided, separated by commas.'],
    [{ "fail-on": "," }, 'Input "fail-on" is ","; allowed: regression, undecided, separated by commas.'],
    [{ comment: "onchange" }, 'Input "comment" is "onchange"; allowed: on-change, always, on-problem, off; did you mean "on-change"?'],
    [{ tolerance: "3" }, `"tolerance" is no input. Allowed: ${inputSpecs.map(({ name }) => name).join(", ")}.`],
  ])("with a fault are named: %o", (inputs, problem) => {
    expect(readOptions(inputs).problems).toEqual([problem]);
  });
});

describe("the job key", () => {
  const env = { GITHUB_WORKFLOW: "Gate", GITHUB_JOB: "check" };

  it.each([
    ["", "Gate/check"],
    ["Gate/check/null", "Gate/check"],
    ['Gate/check/{\n  "os": "linux",\n  "n": 2\n}', "Gate/check/os=linux,n=2"],
    ["mine", "mine"],
    ["a -->b", "a%20--%3Eb"],
    ["ä/{broken}", "%C3%A4/%7Bbroken%7D"],
  ])("of %j is %s", (text, expected) => {
    expect(readOptions({ "job-key": text }, env).options.jobKey).toBe(expected);
  });

  it("survives half of a surrogate pair", () => {
    expect(readOptions({ "job-key": "a\ud800" }).options.jobKey).toBe("a%EF%BF%BD");
  });
});

it("takes the token from the environment only where no input gives one", () => {
  expect(readOptions({}, { GITHUB_TOKEN: "env" }).options.githubToken).toBe("env");
  expect(readOptions({ "github-token": "input" }, { GITHUB_TOKEN: "env" }).options.githubToken).toBe("input");
});

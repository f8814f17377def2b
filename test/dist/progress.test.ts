/** The command on a terminal or in another CI says where it is and since when. */
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { configOf, writeModels } from "./models.ts";
import { openWorkplace, type Workplace } from "./spawn.ts";

let place: Workplace;
let temp: string;
beforeEach(async () => {
  place = await openWorkplace();
  temp = join(place.folder, "temp");
  mkdirSync(temp);
  writeModels(place.repository, ["a", "b"]);
});
afterEach(async () => await place.end());

/** Outside a runner: temporary files go where TMPDIR says. */
const check = () =>
  place.command(["check", "--lane", "simulate", "--search", "off", "--changed-only", "false"], {
    TMPDIR: temp,
    GITHUB_ACTIONS: "",
    RUNNER_TEMP: "",
  });

describe("the command", () => {
  it("tells each model's stages with the time since its start", async () => {
    place.repository.commit({ ".github/trt-gate.yml": configOf(["a", "b"]) });
    const { log } = await check().ended;
    const stages = [...log.matchAll(/^\[ *([0-9.]+) s\] (\w+): (\w+)/gm)].map(([, seconds, model, stage]) => ({
      seconds: Number(seconds),
      said: `${model} ${stage}`,
    }));
    expect(stages.map(({ said }) => said)).toEqual(expect.arrayContaining(["a prepare", "a compare", "b prepare", "b compare"]));
    expect(stages.map(({ seconds }) => seconds)).toEqual(stages.map(({ seconds }) => seconds).toSorted((a, b) => a - b));
    expect(readdirSync(temp)).toEqual([]);
  });
});

/** The example that judges plans of an earlier step, run as its README says, with the real Polygraphy on the stand-in for TensorRT. */
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, it } from "vitest";
import type { Report } from "../../src/report/schema.ts";
import { type FakeMachine, fakeMachine } from "../fakes/fake-tensorrt.ts";
import { describeWithPython } from "../support/needs.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const example = join(root, "examples/given-engines");
const commands = [...readFileSync(join(example, "README.md"), "utf8").matchAll(/^\$ (.+)$/gm)].map(([, line = ""]) => line);

let machine: FakeMachine;
afterEach(() => machine.end());

describeWithPython("the example of given engines", () => {
  it("ends as its README says, with no build of the gate's own", async () => {
    machine = await fakeMachine();
    const { cwd } = machine.effects;
    cpSync(example, cwd, { recursive: true });
    expect(commands).toHaveLength(3);
    const gate = `'${process.execPath}' '${join(root, "src/cli.ts")}'`;
    for (const command of commands) {
      const isCheck = command.startsWith("trt-gate check");
      const ran = await machine.byHand(`${command.replace(/^trt-gate/, () => gate)}${isCheck ? ` --python '${machine.python}'` : ""}`, cwd);
      expect([command, ran.exitCode, ran.exitCode === 0 ? [] : ran.tail]).toEqual([command, 0, []]);
    }
    const { models }: Report = JSON.parse(readFileSync(join(cwd, "trt-gate-report/report.json"), "utf8"));
    expect(models).toMatchObject([{ name: "given-engines", verdict: "pass", reason: "within-limits", lane: "implicit" }]);
    expect(models[0]?.builds.map(({ what }) => what)).toEqual(["plan build/fp16.plan", "plan build/int8.plan"]);
    expect(await machine.builds()).toHaveLength(2);
  });
});

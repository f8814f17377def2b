/** What the worker keeps of TensorRT's log: run in Python, on the worker's own class. */
import { dirname } from "node:path";
import { afterEach, expect, it } from "vitest";
import { z } from "zod";
import { pythonEnv } from "../../src/effects/child-env.ts";
import { pythonFile } from "../../src/effects/python-files.ts";
import { type FakeMachine, fakeMachine } from "../fakes/fake-tensorrt.ts";
import { describeWithPython } from "../support/needs.ts";

let machine: FakeMachine;
afterEach(() => machine.end());

const script = `
import json, sys
sys.path.append(sys.argv[1])
from trt_worker import logs
keeper = logs.LogKeeper(type("C", (), {"event": lambda *a, **k: None})())
keeper.add("error", "the cause")
for i in range(5000):
    keeper.add("warning", "warning {}".format(i))
    keeper.add("error", "error {}".format(i))
    keeper.add("warning", "Missing scale and zero-point for tensor t{}, expect fall back to non-int8".format(i))
keeper.add("warning", "Skipping tactic 0x1 due to insufficient memory on requested size of 1")
print(json.dumps({"errors": keeper.errors(), "missing": len(keeper.missing_scales), "first": keeper.missing_scales[0],
                  "memory": keeper.holding("insufficient memory"), "warnings": keeper.warnings()}))
`;
const kept = z.object({
  errors: z.array(z.string()),
  missing: z.number(),
  first: z.string(),
  memory: z.array(z.string()),
  warnings: z.array(z.string()),
});

describeWithPython("the log of a build that says much", () => {
  it("keeps its first and last errors, every tensor without a scale, and that memory was short", async () => {
    machine = await fakeMachine();
    const folder = dirname(await pythonFile("worker.py", machine.effects.files));
    const result = await machine.run.exec.run({
      file: machine.python,
      args: ["-c", script, folder],
      env: pythonEnv(machine.run.env),
      timeoutMs: 60_000,
    });
    const { errors, ...rest } = kept.parse(JSON.parse(result.stdout));
    expect([errors[0], errors.at(-1), errors.length]).toEqual(["the cause", "error 4999", 100]);
    expect([rest.missing, rest.first, rest.memory.length]).toEqual([5000, "t0", 1]);
    expect([rest.warnings[0], rest.warnings.at(-1)]).toEqual(["warning 0", "warning 4999"]);
  });
});

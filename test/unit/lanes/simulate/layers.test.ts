/** Sessions of marked layers: none stays open that nobody can close. */
import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { ToolError } from "../../../../src/effects/failure.ts";
import { layerRunner } from "../../../../src/lanes/simulate/layers.ts";
import type { RunContext } from "../../../../src/lanes/simulate/run-context.ts";
import { ValueInfoProtoSchema } from "../../../../src/onnx/gen/onnx-ml_pb.js";
import { makeNode } from "../../../../src/onnx/model.ts";
import type { Network } from "../../../../src/onnx/network.ts";
import { allOf, recordedJob } from "../../../fakes/simulate-job.ts";

const value = (name: string) => create(ValueInfoProtoSchema, { name });
const network: Network = {
  file: "m.onnx",
  ownFile: "m.onnx",
  folder: "",
  functions: [],
  irVersion: 8n,
  opsets: new Map([["", 17]]),
  constants: new Map(),
  inputs: [value("x")],
  outputs: [value("y")],
  nodes: [
    makeNode({ opType: "Relu", name: "a", input: ["x"], output: ["h"] }),
    makeNode({ opType: "Relu", name: "b", input: ["h"], output: ["y"] }),
  ],
};

it("lets the reference go where the candidate cannot be opened", async () => {
  const { job, effects } = await recordedJob();
  const open: string[] = [];
  const context = {
    job,
    checkTime: () => {},
    open: async (_: Network, what: string) => {
      if (what.startsWith("candidate")) throw new ToolError("runtime-failed", "no memory");
      open.push(what);
      return { run: async () => new Map(), release: async () => void open.splice(open.indexOf(what), 1) };
    },
  } as unknown as RunContext;
  const sides = {
    reference: network,
    candidate: { network, units: [], variants: new Map() },
    totalUnits: 0,
    missingScales: [],
    floatKinds: [],
    variant: "core",
  };
  const layers = layerRunner(context, sides, new Map([["h", [1]]]));
  await expect(allOf(layers.pairs(0, new Set()))).rejects.toThrow("no memory");
  await layers.close();
  expect(open).toEqual([]);
  await job.validation.close();
  await effects.end();
});

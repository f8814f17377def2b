/** The entry of `.github/trt-gate.yml` that checks the fixed model from now on: as it was, with the Q/DQ model that has the kept units in float. */

import { stringify } from "yaml";
import type { Artifact, Fix } from "./artifact.ts";
import { headerLines } from "./header.ts";

const FILE = "trt-gate.fixed.yml";

export function makeConfigSnippet(fix: Fix): readonly Artifact[] {
  const { name, path } = fix.model;
  const fixed = `${path.replace(/(\.qdq)?\.onnx$/, "")}.fixed.qdq.onnx`;
  const command =
    "trt-gate fix REPORT --format qdq -o FIXED.qdq.onnx, then replace the model's entry in .github/trt-gate.yml by the one below";
  const { name: _, path: __, quantization: ___, ...others } = fix.entry ?? {};
  const entry = { name, path, quantization: { qdq: fixed }, ...others };
  const body = stringify({ version: 1, models: [entry] }, { version: "1.2", lineWidth: 0, aliasDuplicateObjects: false });
  const content = [...headerLines(fix, command), body].join("\n");
  return [{ format: "config", fileName: FILE, content, command, leftOut: [] }];
}

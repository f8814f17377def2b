/** The entry of `.github/trt-gate.yml` that checks the fixed model from now on: the Q/DQ model with the kept units in float. */
import type { Artifact, Fix } from "./artifact.ts";
import { headerLines } from "./header.ts";
import { yamlText } from "./quote.ts";

const FILE = "trt-gate.fixed.yml";

export function makeConfigSnippet(fix: Fix): readonly Artifact[] {
  const { name, path } = fix.model;
  const fixed = `${path.replace(/(\.qdq)?\.onnx$/, "")}.fixed.qdq.onnx`;
  const command =
    "trt-gate fix REPORT --format qdq -o FIXED.qdq.onnx, then replace the model's entry in .github/trt-gate.yml by the one below";
  const lines = [
    "version: 1",
    "models:",
    `  - name: ${yamlText(name)}`,
    `    path: ${yamlText(path)}`,
    "    quantization:",
    `      qdq: ${yamlText(fixed)}`,
  ];
  const content = [...headerLines(fix, command), ...lines, ""].join("\n");
  return [{ format: "config", fileName: FILE, content, command, leftOut: [] }];
}

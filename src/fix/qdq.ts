/** For explicit models: a script that removes the Q/DQ of the kept units with `onnx`, and the edited model itself where its bytes are at hand. */
import type { Artifact, Fix } from "./artifact.ts";
import { headerLines } from "./header.ts";
import { builtPath, nodesOf } from "./nodes.ts";
import { qdqCode } from "./python/qdq-code.ts";
import { pythonScript } from "./python-script.ts";
import { pathArgument, shellWord } from "./quote.ts";

const SCRIPT = "fix_qdq.py";
const MODEL = "fixed.qdq.onnx";

/** The script comes first. A model without Q/DQ (a calibration cache) becomes one with `trt-gate cache to-qdq`. */
export function makeQdq(fix: Fix): readonly Artifact[] {
  const { cachePath, model } = fix;
  const isTheModelItself = cachePath === undefined && fix.qdqPath === undefined;
  const source = cachePath === undefined ? shellWord(pathArgument(builtPath(fix))) : "quantized.qdq.onnx";
  const make =
    cachePath === undefined
      ? ""
      : `${["trt-gate", "cache", "to-qdq", cachePath, pathArgument(model.path), "-o", source].map(shellWord).join(" ")} && `;
  const command = `${make}python3 ${SCRIPT} ${source} ${MODEL}`;
  const data = {
    sha256: isTheModelItself ? model.sha256 : "",
    computeNodes: fix.kept.map((unit) => unit.nodes[0] ?? ""),
    ...nodesOf(fix),
  };
  const script = pythonScript(headerLines(fix, command), data, qdqCode);
  const artifacts: Artifact[] = [{ format: "qdq", fileName: SCRIPT, content: script, command, leftOut: [] }];
  if (fix.editedModel) {
    const build = `trtexec --onnx=${MODEL} --stronglyTyped --saveEngine=fixed.engine`;
    artifacts.push({ format: "qdq", fileName: MODEL, content: fix.editedModel, command: build, leftOut: [] });
  }
  return artifacts;
}

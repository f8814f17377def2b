/** For explicit models: a script that removes the Q/DQ of the kept units with `onnx`, and the edited model itself where its bytes are at hand. */

import { polygraphyBuild, trtexecBuild } from "../model/build-command.ts";
import { withoutCalibrator } from "../model/build-options.ts";
import { placementFlag } from "../model/placement.ts";
import { pathArgument, shellLine } from "../model/shell-word.ts";
import { type Artifact, type Fix, raisesByName } from "./artifact.ts";
import { headerLines } from "./header.ts";
import { fixedModel as MODEL, nodesOf, placeOf } from "./nodes.ts";
import { qdqCode } from "./python/qdq-code.ts";
import { pythonScript } from "./python-script.ts";

const SCRIPT = "fix_qdq.py";
const QUANTIZED = "quantized.qdq.onnx";

/**
 * The script comes first. A model without Q/DQ (a calibration cache) becomes one with `trt-gate cache to-qdq`, its weights still float: the
 * kept units then have the very weights that they were proved with.
 */
export function makeQdq(fix: Fix): readonly Artifact[] {
  const { model } = fix;
  const isTheModelItself = fix.cachePath === undefined && fix.qdqPath === undefined;
  const command = editCommands(fix).map(shellLine).join(" && ");
  const data = {
    sha256: isTheModelItself ? model.sha256 : "",
    computeNodes: [...new Set(fix.kept.flatMap(({ nodes, followers = [] }) => [nodes[0] ?? "", ...followers]))],
    ...nodesOf(fix),
  };
  const script = pythonScript(headerLines(fix, "qdq", command), data, qdqCode);
  const artifacts: Artifact[] = [{ format: "qdq", fileName: SCRIPT, content: script, command, leftOut: [] }];
  if (fix.editedModel) {
    artifacts.push({
      format: "qdq",
      fileName: MODEL,
      content: fix.editedModel,
      command: fix.refused === undefined ? buildLine(fix) : "",
      leftOut: [],
    });
  }
  return artifacts;
}

/** As the gate built it: with types of its own a network takes no flags, in any other the kept units need the higher precision's. */
function buildLine(fix: Fix): string {
  const model = placeOf(fix, MODEL);
  const engine = "fixed.engine";
  const { polygraphy = [], trtexec = [] } = fix.buildWith ?? {};
  if (fix.proved === undefined && trtexec !== null) return trtexecBuild({ model, types: "typed", options: trtexec, engine });
  const options = withoutCalibrator(polygraphy);
  if (fix.proved?.typed !== false) return polygraphyBuild({ model, types: "typed", options, engine });
  // FP32 has to be asked for where FP16 is allowed, by the layers' own names: those that the script holds.
  const script = raisesByName(fix) ? { path: placeOf(fix, "fix_precision.py"), constraints: "obey" as const } : undefined;
  return polygraphyBuild({ model, types: "int8 and fp16", options, script, engine });
}

function editCommands(fix: Fix): string[][] {
  const { cachePath, qdqPath, model, buildWith } = fix;
  const float = pathArgument(model.path);
  const edit = ["python3", placeOf(fix, SCRIPT)];
  if (cachePath === undefined) return qdqPath === undefined ? [[...edit, float, MODEL]] : [[...edit, pathArgument(qdqPath), MODEL, float]];
  const placement = placementFlag(fix.placement?.scheme ?? "core");
  const shapes = (buildWith?.shapes ?? []).flatMap((shape) => ["--shapes", shape]);
  return [
    ["trt-gate", "cache", "to-qdq", pathArgument(cachePath), float, "--float-weights", ...placement, ...shapes, "-o", QUANTIZED],
    [...edit, QUANTIZED, MODEL],
  ];
}

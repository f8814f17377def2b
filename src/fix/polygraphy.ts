/** `fix_precision.py` for `polygraphy --trt-network-postprocess-script`: implicit engines of TensorRT 8 and 10. */

import { pathArgument, shellWord } from "../model/shell-word.ts";
import type { Artifact, Fix } from "./artifact.ts";
import { headerLines } from "./header.ts";
import { builtPath, constraintOf, int8NodesOf, nodesOf, placeOf } from "./nodes.ts";
import { polygraphyCode } from "./python/polygraphy-code.ts";
import { pythonScript } from "./python-script.ts";

const FILE = "fix_precision.py";

export function makePolygraphy(fix: Fix): readonly Artifact[] {
  const command = polygraphyCommand(fix);
  const data = {
    precision: fix.precision,
    sha256: fix.qdqPath === undefined ? fix.model.sha256 : "",
    ...nodesOf(fix),
    int8: int8NodesOf(fix),
  };
  const content = pythonScript(headerLines(fix, "polygraphy", command), data, polygraphyCode);
  return [{ format: "polygraphy", fileName: FILE, content, command, leftOut: [] }];
}

function polygraphyCommand(fix: Fix): string {
  const { cachePath, precision } = fix;
  const words = [
    ...["polygraphy", "convert", pathArgument(builtPath(fix)), "--int8", ...(precision === "float16" ? ["--fp16"] : [])],
    ...(cachePath === undefined ? [] : ["--calibration-cache", cachePath]),
    ...(fix.buildWith?.polygraphy ?? []),
    ...["--trt-network-postprocess-script", placeOf(fix, FILE), "--precision-constraints", constraintOf(fix), "-o", "fixed.engine"],
  ];
  return words.map(shellWord).join(" ");
}

/** `fix_precision.py` for `polygraphy --trt-network-postprocess-script`: implicit engines of TensorRT 8 and 10. */

import { polygraphyBuild } from "../model/build-command.ts";
import { type Artifact, comesAsQdq, type Fix } from "./artifact.ts";
import { headerLines } from "./header.ts";
import { builtPath, constraintOf, int8NodesOf, nodesOf, placeOf } from "./nodes.ts";
import { polygraphyCode } from "./python/polygraphy-code.ts";
import { pythonScript } from "./python-script.ts";

const FILE = "fix_precision.py";

/** Always one file. The script checks the model's SHA-256 where the fix is not about a model that comes as Q/DQ. */
export function makePolygraphy(fix: Fix): readonly Artifact[] {
  const command = polygraphyCommand(fix);
  const data = {
    precision: fix.precision,
    sha256: comesAsQdq(fix) ? "" : fix.model.sha256,
    ...nodesOf(fix),
    int8: int8NodesOf(fix),
  };
  const content = pythonScript(headerLines(fix, "polygraphy", command), data, polygraphyCode);
  return [{ format: "polygraphy", fileName: FILE, content, command, leftOut: [] }];
}

const polygraphyCommand = (fix: Fix): string =>
  polygraphyBuild({
    model: builtPath(fix),
    types: "int8 and fp16",
    cache: fix.cachePath,
    options: fix.buildWith?.polygraphy ?? [],
    script: { path: placeOf(fix, FILE), constraints: constraintOf(fix) },
    engine: "fixed.engine",
  });

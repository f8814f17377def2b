/**
 * A shell script with `trtexec`'s flags for layer precisions (TensorRT 8 and 10; 11 has none).
 * trtexec splits at commas before it looks at quotes, and `*` is a wildcard: such names cannot be written and are listed as left out.
 */

import { trtexecBuild } from "../model/build-command.ts";
import { trtexecSeparators } from "../model/build-options.ts";
import { shellWord } from "../model/shell-word.ts";
import type { Artifact, Fix } from "./artifact.ts";
import { headerLines } from "./header.ts";
import { builtPath, constraintOf, int8NodesOf, nodesOf, placeOf } from "./nodes.ts";
import { canBeArgument, commentText } from "./quote.ts";

const FILE = "fix_trtexec.sh";

/** Always one file; names that trtexec cannot take are in `leftOut` with why. */
export function makeTrtexec(fix: Fix): readonly Artifact[] {
  const { names, outputs } = nodesOf(fix);
  const isForeign = fix.buildWith?.trtexec === null;
  const leftOut = [
    ...names.flatMap((name) => {
      const why = isForeign ? foreign : whyNotWritten(name);
      return why === undefined ? [] : [{ name, why }];
    }),
    ...outputs.map((output) => ({ name: `(output ${output})`, why: "the node has no name, and trtexec knows layers by name only" })),
  ];
  const written = isForeign ? [] : names.filter((name) => whyNotWritten(name) === undefined);
  const command = `sh ${shellWord(placeOf(fix, FILE))}`;
  const notes = leftOut.map(({ name, why }) => `# Left out: ${commentText(name)}: ${commentText(why)}`);
  const why = isForeign ? foreign : "no layer name of this fix can be written for trtexec";
  const body = written.length === 0 ? nothing(why) : `exec ${trtexecCommand(fix, written)} "$@"`;
  const content = ["#!/bin/sh", ...headerLines(fix, "trtexec", command), ...notes, body, ""].join("\n");
  return [{ format: "trtexec", fileName: FILE, content, command, leftOut }];
}

/** It would calibrate anew, on random numbers, or build for other shapes. */
const foreign = "trtexec reads caches of entropy calibration only and no input name with a comma, and this model has one or the other";
const nothing = (why: string): string => `echo '${why}; use the polygraphy format' >&2\nexit 1`;

function trtexecCommand(fix: Fix, names: readonly string[]): string {
  const type = fix.precision === "float16" ? "fp16" : "fp32";
  const perLayer = names.map((name) => `${name}:${type}`);
  const pinned = int8NodesOf(fix).filter((name) => whyNotWritten(name) === undefined);
  return trtexecBuild({
    model: builtPath(fix),
    types: "int8 and fp16",
    cache: fix.cachePath,
    options: fix.buildWith?.trtexec ?? [],
    layers: {
      precisions: [...perLayer, ...pinned.map((name) => `${name}:int8`)],
      outputTypes: perLayer,
      constraints: constraintOf(fix),
    },
    engine: "fixed.engine",
  });
}

function whyNotWritten(name: string): string | undefined {
  if (!canBeArgument(name)) return "it cannot be an argument of a program";
  const bad = [...trtexecSeparators, "*"].find((char) => name.includes(char));
  return bad === undefined ? undefined : `trtexec cannot read a name with ${bad}`;
}

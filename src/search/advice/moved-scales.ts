/** Scales that moved against the base commit: putting them back comes before keeping units in higher precision. */

import { plural } from "../../model/plural.ts";
import { times } from "../../model/ratio.ts";
import { shellLine, shellWord } from "../../model/shell-word.ts";
import type { Advice } from "../outcome.ts";
import type { AdviceFacts, KeptFacts, MovedFacts } from "./facts.ts";

/** A calibration with other samples of the same kind moves scales by less. */
const FAR = 1.5;
/** More than that is no slip of one scale but another calibration. */
const FEW = 3;

export const movedScalesRule = "moved-scales";

/** Undefined where no scale is `FAR` from the base's, where the base is known to fail, and for a pass that needs no kept units and has not fallen. */
export function movedScales({ moved, accurate, keptHere }: AdviceFacts): Advice | undefined {
  const far = (moved?.scales ?? []).filter(({ ratio }) => isFar(ratio));
  const [worst] = far;
  if (moved === undefined || worst === undefined || moved.basePassed === false) return undefined;
  if (accurate === true && keptHere === undefined && moved.hasFallen !== true) return undefined;
  const command = shellLine(["git", "checkout", moved.commit.slice(0, 12), "--", moved.cache]);
  const what = moved.what ?? "calibration cache";
  return {
    rule: movedScalesRule,
    text: accurate === true && keptHere !== undefined ? stillFar(far, keptHere, { what, command }) : restore(far, moved, { what, command }),
    evidence: { command, what, tensor: worst.tensor, ratio: worst.ratio, moved: far.length },
  };
}

/** 0 and what is no number count: they come from a broken scale. */
export const isFar = (ratio: number): boolean => !(Math.abs(Math.log(ratio)) < Math.log(FAR));

/** The tensors whose scales moved far with this change: what is said of their range is said of the move. */
export const movedFar = (moved: MovedFacts | undefined): ReadonlySet<string> =>
  new Set(moved?.scales.filter(({ ratio }) => isFar(ratio)).map(({ tensor }) => tensor));

type Scales = MovedFacts["scales"];

interface Step {
  readonly what: string;
  readonly command: string;
}

/** "cache" is short for what the sentence is about. */
const short = (what: string): string => what.replace("calibration ", "");

function restore(far: Scales, { inputs, commit, basePassed, hasFallen }: MovedFacts, { what, command }: Step): string {
  // Of what is no regression nothing has to be kept.
  const keep = hasFallen === true ? "" : " Keep units in higher precision only where the new scales are meant.";
  const input = far.find(({ tensor }) => inputs.includes(tensor));
  const where = `${commit.slice(0, 7)}${basePassed === true ? ", where the model passed" : ""}`;
  if (far.length > FEW && input !== undefined)
    return `${far.length} scales moved far since ${where}, the input's among them ("${input.tensor}": ${times(input.ratio)}). Check the calibration data and its preprocessing first; this puts the former ${short(what)} back: ${command}.${keep}`;
  return `${sentenceOf(far)} ${where}. Where that was not meant, put the former ${short(what)} back first: ${command}.${far.length === 1 ? keep.replace("scales are", "scale is") : keep}`;
}

const stillFar = (far: Scales, kept: KeptFacts, { what, command }: Step): string =>
  `This passes because of the units kept in ${kept.file}: the scale of ${named(far)} is still ${times(far[0]?.ratio ?? 1)} the base's. Where that was not meant, put the former ${short(what)} back${undoWords(kept, command)}.`;

/** What the base keeps stays kept. */
function undoWords({ file, atBase, remove, without }: KeptFacts, command: string): string {
  if (atBase === "same") return `: ${command}`;
  if (atBase === "changed") return ` and the former list of units with it: ${command} ${shellWord(file)}`;
  return ` and keep nothing: ${command}${remove === undefined ? "" : ` && ${remove}`}, and ${without}`;
}

const sentenceOf = (far: Scales): string =>
  far.length === 1
    ? `The scale of ${named(far)} is ${times(far[0]?.ratio ?? 1)} what it was at`
    : `${plural(far.length, "scale")} moved far, most that of ${named(far)} (${times(far[0]?.ratio ?? 1)}), since`;

const named = ([first]: Scales): string => `"${first?.tensor ?? ""}"`;

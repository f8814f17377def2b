/** One format in, its artefacts out. Decides nothing about which units are kept. */
import type { Artifact, Fix, FixFormat } from "./artifact.ts";
import { makeConfigSnippet } from "./config-snippet.ts";
import { makeKeep } from "./keep-file.ts";
import { makeModelOpt } from "./modelopt.ts";
import { makePolygraphy } from "./polygraphy.ts";
import { makeQdq } from "./qdq.ts";
import { makeTrtexec } from "./trtexec.ts";

const makers: Readonly<Record<FixFormat, (fix: Fix) => readonly Artifact[]>> = {
  polygraphy: makePolygraphy,
  trtexec: makeTrtexec,
  qdq: makeQdq,
  modelopt: makeModelOpt,
  keep: makeKeep,
  config: makeConfigSnippet,
};

/** At least one artefact; none for a fix that keeps nothing. The first is the one to show. */
export const makeArtifacts = (format: FixFormat, fix: Fix): readonly Artifact[] => (fix.kept.length === 0 ? [] : makers[format](fix));

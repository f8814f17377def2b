/** The model's entry of `.github/trt-gate.yml` with the kept units: everything that it says now, and the keep file beside it. */
import { stringify } from "yaml";
import type { Artifact, Fix } from "./artifact.ts";
import { headerLines } from "./header.ts";
import { keepCommand, keepPath } from "./keep-file.ts";
import { commentText } from "./quote.ts";

const FILE = "trt-gate.fixed.yml";

/** Always one file. */
export function makeConfigSnippet(fix: Fix): readonly Artifact[] {
  const { name, path } = fix.model;
  const keep = keepPath(fix);
  const command = `${keepCommand(fix)} # then give the model's entry in .github/trt-gate.yml the line keep: ${commentText(keep)}`;
  const { name: _, path: __, ...others } = fix.entry ?? {};
  const entry = { name, path, ...others, keep };
  const body = stringify({ version: 1, models: [entry] }, { version: "1.2", lineWidth: 0, aliasDuplicateObjects: false });
  const content = [...headerLines(fix, "config", command), body].join("\n");
  return [{ format: "config", fileName: FILE, content, command, leftOut: [] }];
}

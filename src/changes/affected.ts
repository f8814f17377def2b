/** Which of a model's files a change touches. Pure: the change and what git tracks are handed in. */
import picomatch from "picomatch";
import type { ModelEntry } from "../config/settings.ts";
import type { ChangedFile } from "./name-status.ts";

/** Every path that a model's entry names, with the word for it. Folders stand for all that is in them. */
export function filesOf(model: ModelEntry): readonly { readonly path: string; readonly what: string }[] {
  const { quantization, validation, labels, keep, reference, engine, task, tensorrt } = model;
  const named: readonly (readonly [string | undefined, string])[] = [
    [model.path, "model"],
    [quantization?.cache, "calibration cache"],
    [quantization?.data, "calibration data"],
    [quantization?.loader, "calibration loader"],
    [quantization?.qdq, "Q/DQ model"],
    [validation?.data, "validation data"],
    [validation?.inputs, "validation inputs"],
    [validation?.loader, "validation loader"],
    [labels, "labels"],
    [typeof keep === "string" ? keep : undefined, "keep file"],
    [typeof reference === "object" ? reference.outputs : undefined, "saved reference"],
    [engine.reference, "reference plan"],
    [engine.candidate, "candidate plan"],
    ...(task?.command ?? []).map((word) => [word, "task"] as const),
    // An absolute path is the machine's own library: no commit changes it.
    ...tensorrt.plugins.filter((path) => !path.startsWith("/")).map((path) => [path, "plugin"] as const),
  ];
  return named.flatMap(([path, what]) => (path === undefined ? [] : [{ path: path.replace(/^\.\//, ""), what }]));
}

/** What runs, and so comes from the base commit on a proposal. */
export const isCode = (what: string): boolean => what === "task" || what === "plugin" || what.endsWith("loader");

/** `calibration cache models/a.cache changed`; undefined where nothing of the model is touched. */
export function touchedBy(changed: readonly ChangedFile[], model: ModelEntry): string | undefined {
  const watches = model.watch.map((pattern) => picomatch(pattern.replace(/^\.\//, ""), { dot: true }));
  const named = filesOf(model);
  for (const { path, status } of changed) {
    const own = named.find((file) => covers(file.path, path));
    if (own) return `${own.what} ${path} ${status}`;
    if (watches.some((matches) => matches(path))) return `watched file ${path} ${status}`;
  }
  return undefined;
}

/** Either way round: a named folder holds the file, or the change is a submodule that holds what is named. */
export const covers = (named: string, changed: string): boolean =>
  named === changed || changed.startsWith(`${named}/`) || named.startsWith(`${changed}/`);

/** External data lies inside the model's folder, so the model has to be read only where something else there changed. */
export function mayHoldExternalData(changed: readonly ChangedFile[], model: ModelEntry): boolean {
  const slash = model.path.lastIndexOf("/");
  const folder = slash < 0 ? "" : model.path.slice(0, slash + 1);
  return changed.some(({ path }) => path.startsWith(folder));
}

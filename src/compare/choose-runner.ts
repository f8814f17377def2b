/** Which runner of a saved file is meant. Names carry date and time, so a number or the beginning of a name is enough, if it is clear. */
import { ConfigError } from "../effects/failure.ts";
import type { Runner, SavedFile } from "../formats/saved-file.ts";

/** Reference and candidate of two files, or of one file with two runners. Throws ConfigError where it is not clear which is meant. */
export function chooseSides(
  reference: SavedFile,
  candidate: SavedFile | undefined,
  names: { reference?: string | undefined; candidate?: string | undefined },
): { reference: Runner; candidate: Runner } {
  if (candidate)
    return {
      reference: chooseRunner(reference, names.reference, "reference"),
      candidate: chooseRunner(candidate, names.candidate, "candidate"),
    };
  const [first, second] = reference.runners;
  const asked = names.reference !== undefined || names.candidate !== undefined;
  if (!asked && reference.runners.length === 2 && first && second) return { reference: first, candidate: second };
  if (names.reference === undefined || names.candidate === undefined) {
    throw new ConfigError(
      `${reference.path} holds ${listRunners(reference)}. Name two of them with --reference-runner and --candidate-runner, or give a second file.`,
    );
  }
  return {
    reference: chooseRunner(reference, names.reference, "reference"),
    candidate: chooseRunner(reference, names.candidate, "candidate"),
  };
}

function chooseRunner(saved: SavedFile, name: string | undefined, side: "reference" | "candidate"): Runner {
  const [only] = saved.runners;
  if (name === undefined) {
    if (saved.runners.length === 1 && only) return only;
    throw new ConfigError(`${saved.path} holds ${listRunners(saved)}. Choose one with --${side}-runner.`);
  }
  const exact = saved.runners.filter((runner) => runner.name === name);
  const near = exact.length > 0 ? exact : saved.runners.filter((runner) => runner.name.startsWith(name));
  const numbered = /^\d+$/.test(name) && near.length === 0 ? saved.runners.slice(Number(name) - 1, Number(name)) : near;
  const [found] = numbered;
  if (numbered.length === 1 && found) return found;
  throw new ConfigError(
    `--${side}-runner "${name}" names ${numbered.length} of ${listRunners(saved)} in ${saved.path}. Give a whole name, or a number from 1.`,
  );
}

function listRunners({ runners }: SavedFile): string {
  if (runners.length === 0) return "no runner";
  const shown = runners.slice(0, 8).map(({ name }) => `"${name.slice(0, 80)}"`);
  return `${runners.length} ${runners.length === 1 ? "runner" : "runners"} (${shown.join(", ")}${runners.length > 8 ? ", …" : ""})`;
}

/** One changed file as a patch that `git apply` takes: one hunk around what differs. Pure; knows nothing of what the files mean. */
import { shellWord } from "../model/shell-word.ts";

const contextLines = 3;
/** Names that git writes as they are; others it quotes, and no patch is made of them. */
const plainPath = /^[\w./@+=, -]+$/;

/** `before` undefined: a new file. Undefined where nothing differs, or where the path cannot stand in a patch as it is. */
export function filePatch(path: string, before: string | undefined, after: string): string | undefined {
  if (before === after || !plainPath.test(path)) return undefined;
  const [old, fresh] = [linesOf(before ?? ""), linesOf(after)];
  const start = commonLength(old, fresh);
  const end = Math.min(commonLength(old.toReversed(), fresh.toReversed()), Math.min(old.length, fresh.length) - start);
  const from = Math.max(0, start - contextLines);
  const [oldEnd, freshEnd] = [old.length - end, fresh.length - end];
  const after3 = old.slice(oldEnd, oldEnd + contextLines);
  const body = [
    ...old.slice(from, start).map((line) => ` ${line}`),
    ...old.slice(start, oldEnd).map((line) => `-${line}`),
    ...fresh.slice(start, freshEnd).map((line) => `+${line}`),
    ...after3.map((line) => ` ${line}`),
  ];
  const count = (total: number) => total - from + after3.length;
  // A name with a space ends in a tab, else git reads it to the space only.
  const tab = path.includes(" ") ? "\t" : "";
  return [
    `diff --git a/${path} b/${path}`,
    ...(before === undefined ? ["new file mode 100644"] : []),
    before === undefined ? "--- /dev/null" : `--- a/${path}${tab}`,
    `+++ b/${path}${tab}`,
    `@@ -${before === undefined ? "0,0" : `${from + 1},${count(oldEnd)}`} +${from + 1},${count(freshEnd)} @@`,
    ...body.map((line) => (line.endsWith(noNewline) ? `${line.slice(0, -1)}\n\\ No newline at end of file` : line)),
    "",
  ].join("\n");
}

/** Marks a last line that no line break ends. */
const noNewline = "\0";

function linesOf(text: string): string[] {
  if (text === "") return [];
  const lines = text.split("\n");
  const last = lines.pop() ?? "";
  return last === "" ? lines : [...lines, last + noNewline];
}

function commonLength(a: readonly string[], b: readonly string[]): number {
  const differs = a.findIndex((line, n) => line !== b[n]);
  return differs < 0 ? Math.min(a.length, b.length) : differs;
}

export interface PatchUse {
  readonly patch: string;
  readonly files: readonly string[];
  /** What git has of those of `files` that are there: just so in the last commit, otherwise or not at all; `no-repository`: there is no commit to add to. */
  readonly inGit: "committed" | "changed" | "no-repository";
  readonly message: string;
}

/** Applies and, in a repository, commits. git refuses to patch its index where a file is not in it as it lies here: such files are added whole. */
export function applyCommand({ patch, files, inGit, message }: PatchUse): string {
  if (inGit === "no-repository") return `git apply ${shellWord(patch)}`;
  const take =
    inGit === "committed"
      ? `git apply --index ${shellWord(patch)}`
      : `git apply ${shellWord(patch)} && git add -- ${files.map(shellWord).join(" ")}`;
  return `${take} && git commit -m ${shellWord(message)}`;
}

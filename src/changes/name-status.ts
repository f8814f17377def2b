/** The words of `git diff --name-status -z` as data. Pure. */

export interface ChangedFile {
  /** Repository-relative, as git writes it. */
  readonly path: string;
  readonly status: "added" | "modified" | "deleted";
}

/** A rename counts as its old name deleted and its new name added. A copy touches only its new name. */
export function parseNameStatus(text: string): ChangedFile[] {
  const words = text.split("\0");
  const files: ChangedFile[] = [];
  for (let i = 0; i < words.length - 1; ) {
    const letter = words[i++]?.[0] ?? "";
    const first = words[i++] ?? "";
    if (letter === "R" || letter === "C") {
      if (letter === "R") files.push({ path: first, status: "deleted" });
      files.push({ path: words[i++] ?? "", status: "added" });
    } else {
      files.push({ path: first, status: letter === "A" ? "added" : letter === "D" ? "deleted" : "modified" });
    }
  }
  return files;
}

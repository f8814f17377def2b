/** The lines of a file that a pull request's diff shows on its new side: only there can a comment stand. Pure. */

/** Text of each line by its number in the new file, from the `patch` of GitHub's list of files. Empty for a patch that is no unified diff. */
export function newSideLines(patch: string): Map<number, string> {
  const lines = new Map<number, string>();
  let next: number | undefined;
  for (const line of patch.split("\n")) {
    const hunk = /^@@ -\d+(?:,\d+)? \+(\d+)(?:,\d+)? @@/.exec(line);
    if (hunk) next = Number(hunk[1]);
    else if (next !== undefined && (line.startsWith("+") || line.startsWith(" "))) lines.set(next++, line.slice(1));
  }
  return lines;
}

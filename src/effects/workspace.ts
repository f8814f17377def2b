/** Answers what a settled configuration asks of the workspace: which files match a glob, and whether a path stays inside it without links. */
import { lstatSync } from "node:fs";
import { join, resolve, sep } from "node:path";
import { globSync } from "tinyglobby";
import { isNowhere } from "./refusals.ts";

/** `root`: absolute. Folders of packages and of git are never searched. */
export function realWorkspace(root: string): { match(pattern: string): readonly string[]; checkPath(path: string): string | undefined } {
  return {
    match: (pattern) =>
      globSync(pattern, {
        cwd: root,
        dot: true,
        onlyFiles: true,
        followSymbolicLinks: false,
        expandDirectories: false,
        ignore: ["**/node_modules/**", "**/.git/**"],
      }).toSorted(),
    checkPath: (path) => {
      const full = resolve(root, path);
      if (full !== root && !full.startsWith(root + sep)) return "leaves the workspace; only files inside it are read";
      const link = firstLink(root, path);
      return link === undefined ? undefined : `passes through the symbolic link "${link}"; name the file itself`;
    },
  };
}

function firstLink(root: string, path: string): string | undefined {
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  for (let count = 1; count <= parts.length; count++) {
    const part = parts.slice(0, count).join("/");
    if (isLink(join(root, part))) return part;
  }
  return undefined;
}

/** A path that no file can have (too long, or below a file) is no link: it is not there, as whoever opens it will say. */
function isLink(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  } catch (error) {
    if (isNowhere(error)) return false;
    throw error;
  }
}

/** Answers what a settled configuration asks of the workspace: which files match a glob, and whether a path stays inside it without links. */
import { type Dirent, lstatSync, readdirSync, realpathSync, type Stats, statSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { globSync } from "tinyglobby";
import { isNowhere } from "./refusals.ts";

/** `root`: absolute. Folders of packages and of git are never searched. */
export function realWorkspace(root: string): { match(pattern: string): readonly string[]; checkPath(path: string): string | undefined } {
  return {
    match: (pattern) => {
      const found = globSync(pattern, {
        cwd: root,
        dot: true,
        onlyFiles: true,
        followSymbolicLinks: false,
        fs: linksAsFiles,
        expandDirectories: false,
        ignore: ["**/node_modules/**", "**/.git/**"],
      });
      const { links = [], files = [] } = Object.groupBy(found, (path) => (isLink(join(root, path)) ? "links" : "files"));
      return [...files, ...links.filter((path) => !isFolder(join(root, path)) && !isAlias(root, path, files))].toSorted();
    },
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

const isFolder = (path: string): boolean => statOrNothing(path)?.isDirectory() === true;

/** A link to nowhere, or one that leads back to itself, is nothing. */
function statOrNothing(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (isNowhere(error)) return undefined;
    throw error;
  }
}

/** A second name of one of the files: what it leads to stands for itself. */
const isAlias = (root: string, link: string, files: readonly string[]): boolean =>
  statOrNothing(join(root, link)) !== undefined &&
  files.includes(relative(realpathSync(root), realpathSync(join(root, link))).replaceAll(sep, "/"));

const asFile = { isFile: () => true, isSymbolicLink: () => false };

/** A walk that does not follow links leaves them out; here they are listed as files are. */
const linksAsFiles = {
  readdirSync: new Proxy(readdirSync, {
    apply: (list, self, words) => {
      const entries: Dirent[] = Reflect.apply(list, self, words);
      return entries.map((entry) => (entry.isSymbolicLink() ? Object.assign(Object.create(entry), asFile) : entry));
    },
  }),
};

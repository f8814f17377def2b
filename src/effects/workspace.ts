/** Answers what a settled configuration asks of the workspace: which files match a glob, and whether a path stays inside it without links. */
import { type Dirent, lstatSync, readdirSync, realpathSync, type Stats, statSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { type GlobOptions, globSync } from "tinyglobby";
import { isNowhere } from "./refusals.ts";

/** `root`: absolute. Folders of packages and of git are never searched. */
export function realWorkspace(root: string): { match(pattern: string): readonly string[]; checkPath(path: string): string | undefined } {
  return {
    match: (pattern) => {
      const { files, links, folders } = aroundLinks(root, pattern);
      const named = new Set(files);
      const beyond = folders.length === 0 ? [] : behindLinks(root, pattern, folders);
      const through = new Set([...links, ...beyond]);
      return [...files, ...[...through].filter((path) => !named.has(path) && !isAlias(root, path, named))].toSorted();
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
const isAlias = (root: string, link: string, files: ReadonlySet<string>): boolean =>
  statOrNothing(join(root, link)) !== undefined &&
  files.has(relative(realpathSync(root), realpathSync(join(root, link))).replaceAll(sep, "/"));

const glob = (root: string, pattern: string, more: Pick<GlobOptions, "followSymbolicLinks" | "fs">): readonly string[] =>
  globSync(pattern, {
    cwd: root,
    dot: true,
    onlyFiles: true,
    expandDirectories: false,
    ignore: ["**/node_modules/**", "**/.git/**"],
    ...more,
  });

type Listed = (folder: string, entries: readonly Dirent[]) => readonly Dirent[];

/** node:fs's listing with `change` applied to what each folder holds. */
const listing = (change: Listed): typeof readdirSync =>
  new Proxy(readdirSync, { apply: (list, self, words) => change(words[0], Reflect.apply(list, self, words)) });

const asFile = { isFile: () => true, isSymbolicLink: () => false };

interface AroundLinks {
  readonly files: readonly string[];
  /** Matches that are links to files, or to nothing. */
  readonly links: readonly string[];
  /** Links to folders that the walk met, whether the glob matches them or not. */
  readonly folders: readonly string[];
}

/** A walk that does not follow links leaves them out; here they are listed as files are. */
function aroundLinks(root: string, pattern: string): AroundLinks {
  const met = new Set<string>();
  const readdir = listing((folder, entries) =>
    entries.map((entry) => {
      if (!entry.isSymbolicLink()) return entry;
      met.add(relative(root, join(folder, entry.name)).replaceAll(sep, "/"));
      return Object.assign(Object.create(entry), asFile);
    }),
  );
  const found = glob(root, pattern, { followSymbolicLinks: false, fs: { readdirSync: readdir } });
  const folders = new Set([...met].filter((path) => isFolder(join(root, path))));
  return {
    files: found.filter((path) => !met.has(path)),
    links: found.filter((path) => met.has(path) && !folders.has(path)),
    folders: [...folders],
  };
}

/** Entries that a walk through links reads at most: a link can lead to the whole disk. */
const mostEntries = 20_000;

/** What a glob matches behind links to folders; these links themselves where more lies behind them than is looked at. */
function behindLinks(root: string, pattern: string, folders: readonly string[]): readonly string[] {
  let left = mostEntries;
  const readdir = listing((_, entries) => {
    left -= entries.length;
    return left < 0 ? [] : entries;
  });
  const found = glob(root, pattern, { followSymbolicLinks: true, fs: { readdirSync: readdir } });
  return left < 0 ? folders : found;
}

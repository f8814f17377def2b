/** Paths as they are written in the configuration: normal form, globs, and whether they stay in the workspace. Links are the caller's to see. */

/** The workspace as resolve-settings.ts sees it; both are answered from the file system by whoever calls it. */
export interface Workspace {
  /** Files (workspace-relative, `/` as separator) that match a glob, links among them but for second names of one of these files: what is not looked at passes nothing. */
  match(pattern: string): readonly string[];
  /** What is wrong with a path (a link, outside the workspace), or undefined. A path that is not there is fine here. */
  checkPath(path: string): string | undefined;
  /** Paths may lead anywhere: they are typed on the command line of the machine whose files they are. */
  readonly isOpen?: true;
}

/** The same workspace for paths that the machine's own user types. */
export const opened = (workspace: Workspace): Workspace => ({ ...workspace, checkPath: () => undefined, isOpen: true });

/** `./models//cls.onnx` -> `models/cls.onnx`. */
export const normalPath = (path: string): string => path.replace(/\/{2,}/g, "/").replace(/^(\.\/)+/, "");

/** True where any character has a meaning of its own, also in a name that only looks like a pattern. */
export const isGlob = (path: string): boolean => /[*?[\]{}]|[!+@]\(/.test(path);

/** Last part without `.onnx`. */
export const stemOf = (path: string): string => (path.split("/").at(-1) ?? path).replace(/\.onnx$/i, "");

/** What is wrong with the text of a path, or undefined. Never looks at files. */
export function pathFault(path: string): string | undefined {
  if (path.includes("\0")) return "holds a zero character; write a plain path";
  if (/^([/\\]|[A-Za-z]:)/.test(path)) return "is an absolute path; write it relative to the workspace";
  if (path.split(/[/\\]/).includes("..")) return "leaves the workspace; only files inside it are read";
  return undefined;
}

/** As `pathFault`, then what the workspace says of the path itself and, where it reads as a glob too, of its matches. */
export function pathFaultIn(workspace: Workspace, path: string): string | undefined {
  const fault = workspace.isOpen === true ? undefined : pathFault(path);
  if (fault !== undefined) return fault;
  const itself = workspace.checkPath(normalPath(path));
  if (itself !== undefined) return itself;
  for (const file of isGlob(path) ? workspace.match(path) : []) {
    const problem = workspace.checkPath(file);
    if (problem !== undefined) return `matches "${file}", which ${problem}`;
  }
  return undefined;
}

/** A workspace that holds the named files, for `settle`. Paths in `links` are refused like symbolic links. */
import picomatch from "picomatch";
import type { Workspace } from "../../src/config/paths.ts";

export const workspaceOf = (files: readonly string[], links: readonly string[] = []): Workspace => ({
  match: (pattern) => {
    const isMatch = picomatch(pattern);
    return files.filter((file) => isMatch(file));
  },
  checkPath: (path) => (links.includes(path) ? "is a symbolic link; only plain files are read" : undefined),
});

/** Whether the command can run here at all: Node and the working folder. Imports nothing and uses nothing new: it is what an old Node meets first. */

/** The oldest that package.json's `engines` allows, major and minor; tests hold the two together and run the command on that very version. */
export const oldestNode = "22.12";

/** `version`: as `process.versions.node`; `line`: the words behind node, as they were typed. One sentence for an older Node, else undefined. */
export function refusalOfNode(version: string, line: readonly string[]): string | undefined {
  if (rank(version) >= rank(oldestNode)) return undefined;
  const words = line.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replace(/'/g, "'\\''")}'`)).join(" ");
  return `trt-gate needs Node ${oldestNode} or newer and this is Node ${version}: install a newer one, or run npm exec --yes --package=node@24 -- node ${words}`;
}

/** Grows with major and minor; minors stay below 1000. */
function rank(version: string): number {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major * 1000 + minor;
}

/** `find`: as `process.cwd`, which throws where the folder was removed. One sentence for that, else undefined. */
export function refusalOfFolder(find: () => string): string | undefined {
  try {
    find();
    return undefined;
  } catch {
    return "the working folder is not there any more: change to one that is, and start trt-gate again.";
  }
}

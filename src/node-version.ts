/** Whether this Node can run the command at all. Imports nothing and uses nothing new: it is what an old Node meets first. */

/** The oldest that package.json's `engines` allows; a test holds the two together. */
export const oldestNode = 22;

/** `version`: as `process.versions.node`. One sentence for an older Node, else undefined. */
export function refusalOfNode(version: string): string | undefined {
  if (Number.parseInt(version, 10) >= oldestNode) return undefined;
  return `trt-gate needs Node ${oldestNode} or newer and this is Node ${version}: install a newer one, or run it with \`npm exec --package=node@24 --call "node …"\`.`;
}

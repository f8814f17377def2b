/** Which tiers and files a line of `npm test` asks for. Runs nothing. */

/** In this order. Each is a folder of test/, and a project of vitest.config.ts. */
export const tierNames: readonly string[] = ["unit", "integration", "faults", "dist", "real"];

export interface SelectedTests {
  readonly tiers: readonly string[];
  /** As vitest takes them; none: every file of the tiers. */
  readonly files: readonly string[];
}

/** Words that are no tier are files: they choose the tiers that hold them, whatever tier was named before (`npm run test:unit -- FILE`). */
export function selectTests(words: readonly string[]): SelectedTests {
  const files = words.filter((word) => !tierNames.includes(word));
  const named = words.filter((word) => tierNames.includes(word));
  const holding = tierNames.filter((tier) => files.some((file) => file.split("/").includes(tier)));
  if (holding.length > 0) return { tiers: holding, files };
  return { tiers: named.length > 0 ? named : tierNames, files };
}

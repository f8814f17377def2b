/** Applies the edits of a mutation to texts. Runs nothing. */
import type { Edit } from "../test/mutations/mutation.ts";

/** The edited text of each file. Throws where a text to replace does not stand exactly once: the mutation would be another one, or none. */
export function applyEdits(edits: readonly Edit[], read: (file: string) => string): Map<string, string> {
  const texts = new Map<string, string>();
  for (const { file, before, after } of edits) {
    const text = texts.get(file) ?? read(file);
    const times = text.split(before).length - 1;
    if (times !== 1 || before === after)
      throw new Error(`${file} holds the text to mutate ${times} times instead of once: ${before}. Bring test/mutations/ up to date.`);
    // A function: `$` in the text means itself.
    texts.set(
      file,
      text.replace(before, () => after),
    );
  }
  return texts;
}

/** Sentences for a terminal of 80 columns. */

const terminalWidth = 80;

/** Lines of at most 80 columns, the later ones indented; a word that is longer stands alone on its line, so that a path can be copied. */
export function wrapped(text: string, indent = ""): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && width(last) + 1 + width(word) <= terminalWidth) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(lines.length === 0 ? word : indent + word);
  }
  return lines;
}

/** Code points that are seen. */
export const width = (text: string): number => Array.from(text.replaceAll("\u200b", "")).length;

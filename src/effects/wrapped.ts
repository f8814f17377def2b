/** Sentences for a terminal of 80 columns, or a column of it. */

export const terminalWidth = 80;

/** Lines of at most `columns`, the later ones indented; a word that is longer stands alone on its line, so that a path can be copied; so does what stands between backticks. */
export function wrapped(text: string, indent = "", columns = terminalWidth): string[] {
  const lines: string[] = [];
  for (const word of wordsOf(text)) {
    const last = lines.at(-1);
    if (last !== undefined && width(last) + 1 + width(word) <= columns) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(lines.length === 0 ? word : indent + word);
  }
  return lines;
}

/** Parts between spaces; a command in backticks is one. Where a backtick stands alone all spaces part. */
function wordsOf(text: string): readonly string[] {
  const words: string[] = [];
  let isOpen = false;
  for (const part of text.split(" ")) {
    if (isOpen) words[words.length - 1] += ` ${part}`;
    else words.push(part);
    if (part.split("`").length % 2 === 0) isOpen = !isOpen;
  }
  return isOpen ? text.split(" ") : words;
}

/** Code points that are seen. */
export const width = (text: string): number => Array.from(text.replaceAll("\u200b", "")).length;

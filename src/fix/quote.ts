/** Names as data in other languages: Python constants, regular expressions and comments. No name becomes code in any of them. */

/** A pattern of Python's `re` that matches this name from its first to its last character. */
export const anchoredPattern = (name: string): string => `^${name.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")}$`;

/** Printable ASCII on one line, a minus as its sign, cut in the middle beyond `limit` characters: fit for a comment of any language. */
export function commentText(text: string, limit = 160): string {
  const safe = text.replaceAll("−", "-").replace(/[^\x20-\x7e]/g, escapeUnit);
  return safe.length <= limit ? safe : `${safe.slice(0, limit / 2)}...${safe.slice(-limit / 2)}`;
}

/** Names that need no escape in JSON or in Python: then a reviewer can read them. */
const plainJson = /^[\w./:()[\]{}", \n-]*$/;

/** The value as JSON to read, one line a member or name; undefined where a name could end a Python string or would need an escape. */
export function readableLines(value: object): readonly string[] | undefined {
  const text = JSON.stringify(value, null, 1);
  return plainJson.test(text) ? text.split("\n") : undefined;
}

/** Base64 of ASCII-only JSON, in lines: a constant that means the same in Python, whatever the names hold. */
export function dataLines(value: object, width = 96): readonly string[] {
  const ascii = JSON.stringify(value).replace(/[^\x20-\x7e]/g, escapeUnit);
  return btoa(ascii).match(new RegExp(`.{1,${width}}`, "g")) ?? [];
}

/** True when the text can be an argument of a program: no NUL, no half of a surrogate pair. */
export const canBeArgument = (text: string): boolean => text !== "" && !text.includes("\0") && text.isWellFormed();

const escapeUnit = (char: string): string =>
  Array.from({ length: char.length }, (_, i) => `\\u${char.charCodeAt(i).toString(16).padStart(4, "0")}`).join("");

/** Words of a command line that people paste: paths and names in it are foreign text. */

/** One word for a POSIX shell, whatever it holds (NUL cannot stand in an argument at all). */
export const shellWord = (text: string): string => (/^[A-Za-z0-9_./=:,@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);

/** One line of a POSIX shell. */
export const shellLine = (words: readonly string[]): string => words.map(shellWord).join(" ");

/** A path that no program takes for an option. */
export const pathArgument = (path: string): string => (path.startsWith("-") ? `./${path}` : path);

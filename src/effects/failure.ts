/**
 * Failures by who must act. One table maps them to exit codes (gate/exit-code.ts); anything else thrown is our bug (5).
 * A message is one sentence with the value in it, then one with the next step.
 */

/** The workflow's or configuration's author acts. Exit 2. `problems` are all of them, each complete with file:line. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly string[];
  constructor(problems: string | readonly string[]) {
    const list = typeof problems === "string" ? [problems] : problems;
    super(list.join("\n"));
    this.problems = list;
  }
}

/** The maintainer acts. Exit 3. */
export class TrustError extends Error {
  override readonly name = "TrustError";
}

/** The runner's owner acts: a tool or the machine failed. The model is undecided with `reason`. Exit 4. */
export class ToolError extends Error {
  override readonly name = "ToolError";
  readonly reason: string;
  readonly tail: readonly string[];
  constructor(reason: string, message: string, tail: readonly string[] = []) {
    super(message);
    this.reason = reason;
    this.tail = tail;
  }
}

/** A file is damaged, hostile or of a refused kind. Exit 2 as an input, 4 when a tool wrote it in this run. */
export class FileError extends Error {
  override readonly name = "FileError";
  readonly file: string;
  readonly offset: number | undefined;
  constructor(file: string, message: string, offset?: number) {
    super(`${file}${offset === undefined ? "" : ` at byte ${offset}`}: ${message}`);
    this.file = file;
    this.offset = offset;
  }
}

/** A path cannot be written. Of a command's own output it is the user's mistake; beside a report it costs that file and a warning. */
export class UnwritableError extends FileError {}

/** What was thrown, as a sentence that ends; failures of our own say the next step in it. */
export const failureSentence = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(/([^.])$/, "$1.");

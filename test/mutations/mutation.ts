/** An edit that breaks a rule, and the one test that must then fail. Only types. */

export interface Edit {
  readonly file: string;
  /** Stands exactly once in the file. */
  readonly before: string;
  readonly after: string;
}

export interface Mutation {
  /** The fault that the edits bring. */
  readonly fault: string;
  readonly edits: readonly Edit[];
  /** The test that must fail: its file and the last part of its title. */
  readonly test: string;
  readonly title: string;
}

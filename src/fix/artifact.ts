/** What a fix consists of. Text and bytes only; writing them is somebody else's. */
export type FixFormat = "polygraphy" | "trtexec" | "qdq" | "modelopt" | "config";

export interface Artifact {
  readonly format: FixFormat;
  readonly fileName: string;
  readonly content: string | Uint8Array;
  /** The exact command that uses it. */
  readonly command: string;
  /** What the format cannot express (`trtexec`: names with commas, colons, quotes), each with why. */
  readonly leftOut: readonly { readonly name: string; readonly why: string }[];
}

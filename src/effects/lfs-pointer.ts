/** Tells a Git LFS pointer from the file that it stands for: a checkout without `lfs: true` leaves the contents out. */

/** The specification keeps pointers under it. */
export const mostPointerBytes = 1024;

const signature = "version https://git-lfs.github.com/spec/";

/** `start`: the first bytes of a file, or all of them. False where there are fewer than the signature has. */
export const isLfsPointer = (start: Uint8Array): boolean =>
  new TextDecoder("latin1").decode(start.subarray(0, signature.length)) === signature;

/** What is wrong and what to do. `what`: the file as the reader knows it. */
export const pointerFault = (what: string): string =>
  `${what} is a Git LFS pointer, not the file itself. Run git lfs pull; in a workflow give the checkout step \`lfs: true\`.`;

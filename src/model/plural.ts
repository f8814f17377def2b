/** Counts in sentences. */

/** `1 sample`, `2 samples`; `many` where the plural takes more than an s. */
export const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

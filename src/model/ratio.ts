/** Ratios in sentences. */

/** `0.125 times`: three digits that count. */
export const times = (ratio: number): string => `${Number(ratio.toPrecision(3))} times`;

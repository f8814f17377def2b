/** Distribution functions of the normal and Student's t distribution, as close as intervals need them: about 1e-7 and, for t with three degrees of freedom or more, 1e-3. */

/** By the complementary error function (Abramowitz and Stegun 7.1.26 is too coarse in the tails: this is Numerical Recipes' Chebyshev fit, 1.2e-7). */
export function normalCdf(x: number): number {
  const z = Math.abs(x) / Math.SQRT2;
  const t = 1 / (1 + z / 2);
  const fit = [0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196, 1.00002368, -1.26551223];
  const erfc = t * Math.exp(-z * z + fit.reduce((sum, factor) => sum * t + factor, 0));
  return x > 0 ? 1 - erfc / 2 : erfc / 2;
}

/** The inverse, by halving: -8 to 8. */
export const normalQuantile = (share: number): number => inverse(normalCdf, share, -8, 8);

/** Hill's expansion from the normal quantile; exact forms for one and two degrees of freedom. */
export function studentQuantile(share: number, freedom: number): number {
  if (freedom <= 1) return Math.tan(Math.PI * (share - 0.5));
  if (freedom < 3) return (2 * share - 1) / Math.sqrt(2 * share * (1 - share));
  const z = normalQuantile(share);
  const terms = [
    (z ** 3 + z) / 4,
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96,
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384,
    (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / 92160,
  ];
  return terms.reduce((sum, term, i) => sum + term / freedom ** (i + 1), z);
}

function inverse(rising: (x: number) => number, value: number, from: number, to: number): number {
  let [low, high] = [from, to];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (rising(middle) < value) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

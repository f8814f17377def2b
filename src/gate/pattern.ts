/** Tensor name patterns of the configuration: `*` any text, `?` one character, everything else itself. No regular expression: names are hostile text. */

/** Whole names only, case-sensitive, by Unicode characters. Takes at most pattern length times name length steps. */
export function matchesPattern(pattern: string, name: string): boolean {
  const wanted = [...pattern];
  const text = [...name];
  let p = 0;
  let t = 0;
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    if (wanted[p] === "*") {
      star = p++;
      resume = t;
    } else if (p < wanted.length && (wanted[p] === "?" || wanted[p] === text[t])) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++resume;
    } else return false;
  }
  while (wanted[p] === "*") p++;
  return p === wanted.length;
}

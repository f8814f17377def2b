/** JSON of what JSON has no form for: collections become lists, and numbers that are none their names. For hashes: two texts are equal where the values are. */
export const plainJson = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) => {
    if (part instanceof Map || part instanceof Set) return [...part];
    return typeof part === "number" && !Number.isFinite(part) ? String(part) : part;
  });

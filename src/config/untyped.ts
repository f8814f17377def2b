/** Looks into values whose shape nobody has checked yet. */

/** Undefined for a key that is not there and for what has no keys. */
export const property = (value: unknown, key: PropertyKey): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;

/** The keys of a block; none where it is no block. */
export const blockOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};

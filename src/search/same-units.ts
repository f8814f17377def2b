/** True where `kept` are these units, all of them and no other. `ids` names none twice. */
export const sameUnits = (kept: ReadonlySet<string>, ids: readonly string[]): boolean =>
  kept.size === ids.length && ids.every((id) => kept.has(id));

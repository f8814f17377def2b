/**
 * What moves together: single units, or all units of one block. Everything after this file searches over groups and never asks which it was.
 */
import type { Unit } from "../model/unit.ts";

export interface Group {
  readonly id: string;
  readonly units: readonly string[];
}

/** In topological order of the first member. A unit without a block stays alone. */
export function groupUnits(units: readonly Unit[], by: "unit" | "block"): readonly Group[] {
  const inOrder = units.toSorted((a, b) => a.order - b.order);
  if (by === "unit") return inOrder.map((unit) => ({ id: unit.id, units: [unit.id] }));
  const blocks = Map.groupBy(inOrder, (unit) => (unit.block === "" ? unit.id : unit.block));
  return [...blocks].map(([id, members]) => ({ id, units: members.map((unit) => unit.id) }));
}

/** Unit ids of the chosen groups, in the order of the groups. */
export function unitsOf(groups: readonly Group[], chosen: Iterable<string>): string[] {
  const wanted = new Set(chosen);
  return groups.filter((group) => wanted.has(group.id)).flatMap((group) => group.units);
}

/** Many units kept in FP32: each border costs a conversion, and FP16 nearly always suffices. */
import type { Advice } from "../outcome.ts";
import type { AdviceFacts } from "./facts.ts";

const MANY = 8;

/** Undefined for a search in FP16, and for no more than `MANY` kept units. */
export function manyFloat32({ search }: AdviceFacts): Advice | undefined {
  if (search?.precision !== "float32" || search.kept <= MANY) return undefined;
  const { kept, units } = search;
  return {
    rule: "many-float32",
    text: `${kept} of ${units} units are kept in FP32. Search with precision fp16, or with group: block, so that fewer conversions are needed.`,
    evidence: { kept, units, precision: "float32" },
  };
}

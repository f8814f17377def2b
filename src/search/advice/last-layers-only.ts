/** The error appears only at the end of the network: the head is sensitive, the rest is well quantised. */
import type { Advice } from "../outcome.ts";
import type { AdviceFacts } from "./facts.ts";

const TAIL = 0.15;
const LEAST_LAYERS = 10;

/** Speaks when at least one layer is bad and all bad ones lie in the last 15 % of the order. */
export function lastLayersOnly({ layers = [], limitDb = 20 }: AdviceFacts): Advice | undefined {
  if (layers.length < LEAST_LAYERS) return undefined;
  const firstBad = layers.findIndex((layer) => layer.accumulatedDb < limitDb);
  if (firstBad < layers.length * (1 - TAIL)) return undefined;
  const bad = layers.slice(firstBad).filter((layer) => layer.accumulatedDb < limitDb).length;
  return {
    rule: "last-layers-only",
    text: `All ${bad} layers beyond ${limitDb} dB are among the last ${layers.length - firstBad} of ${layers.length}. Keep the head of the network in FP16.`,
    evidence: { bad, firstBad: layers[firstBad]?.tensor ?? "", position: firstBad, layers: layers.length, limitDb },
  };
}

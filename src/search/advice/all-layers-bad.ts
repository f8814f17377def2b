/** Nearly every layer is bad by itself: the scales are wrong everywhere, so the calibration data is the suspect, not a layer. */
import type { Advice } from "../outcome.ts";
import type { AdviceFacts } from "./facts.ts";

const SHARE = 0.8;
const LEAST_LAYERS = 5;

/** Looks at the error that each layer adds by itself, never at what it inherits. */
export function allLayersBad({ layers = [], limitDb = 20 }: AdviceFacts): Advice | undefined {
  const measured = layers.filter((layer) => !Number.isNaN(layer.injectedDb));
  const bad = measured.filter((layer) => layer.injectedDb < limitDb).length;
  if (measured.length < LEAST_LAYERS || bad < SHARE * measured.length) return undefined;
  return {
    rule: "all-layers-bad",
    text: `${bad} of ${measured.length} layers add an error beyond ${limitDb} dB by themselves. Check the calibration data and its preprocessing before any layer.`,
    evidence: { bad, layers: measured.length, limitDb },
  };
}

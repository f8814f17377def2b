/** Which lanes a TensorRT can serve, by its features. Says why not; picks nothing. */
import { entropyCalibrator } from "../../model/build-options.ts";
import type { Features, Hello } from "./protocol.ts";

export interface Capability {
  readonly works: boolean;
  readonly why: string;
}

/** Weak typing with a calibration cache: 8.5 to 10.x. */
export function implicitLane(features: Features): Capability {
  if (features.runtimeCache)
    return { works: false, why: "TensorRT for RTX has no calibration and no INT8 flag: use a Q/DQ model and `lane: explicit`" };
  if (!features.int8Flag || features.calibrators.length === 0) {
    return {
      works: false,
      why: "this TensorRT has no INT8 builder flag or calibrator (removed in 11): use a Q/DQ model and `lane: explicit`",
    };
  }
  if (!features.layerPrecision || !features.obeyPrecision)
    return { works: false, why: "this TensorRT cannot set the precision of a layer" };
  return { works: true, why: "INT8 flag, calibrators and layer precisions are there" };
}

/** Of `tensorrt.typing`. `auto`: strong where this TensorRT can also show the layers of such a network (10.12 and newer). */
export type Typing = "auto" | "weak" | "strong";

/**
 * Q/DQ models work everywhere; how the rest is typed differs, and a typing that was asked for is never replaced. `narrow`: a type of the model other than
 * INT8 (FP8, INT4, FP4, bfloat16), which a weakly typed network takes only with builder flags of its own.
 */
export function explicitLane(features: Features, typing: Typing = "auto", narrow?: string): Capability & { readonly typed: boolean } {
  const canWeak = features.fp16Flag;
  if (narrow !== undefined && !features.stronglyTyped)
    return {
      works: false,
      typed: true,
      why: `the model holds ${narrow}, and this TensorRT has no strongly typed networks (they came with 9.1): use TensorRT 10 or newer`,
    };
  if (narrow !== undefined && typing === "weak")
    return { works: false, typed: false, why: `the model holds ${narrow}, which is built strongly typed: leave out \`typing: weak\`` };
  if (typing === "strong" && !features.stronglyTyped)
    return { works: false, typed: true, why: "this TensorRT has no strongly typed networks (they came with 9.1): use `typing: weak`" };
  if (typing === "weak" && !canWeak)
    return { works: false, typed: false, why: "this TensorRT has only strongly typed networks (since 11): use `typing: strong`" };
  const typed =
    typing === "auto" ? !canWeak || narrow !== undefined || (features.stronglyTyped && features.unfusedDebug) : typing === "strong";
  return { works: true, typed, why: typed ? "strongly typed networks" : "Q/DQ in a weakly typed network with the INT8 and FP16 flags" };
}

/** Weakly typed networks with Q/DQ are dependable from 8.6 on; there and later a kept unit is one without Q/DQ. */
export function takesQdq({ tensorrt }: Pick<Hello, "tensorrt">): boolean {
  const [major = 0, minor = 0] = tensorrt.split(".").map(Number);
  return major > 8 || (major === 8 && minor >= 6);
}

/** Line 1 of a calibration cache starts with it: 8.6.1 -> TRT-8601, 10.3.0 -> TRT-100300 (NvInferVersion.h's number). */
export function cacheHeaderPrefix(version: string): string {
  const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
  return `TRT-${major < 10 ? major * 1000 + minor * 100 + patch : major * 10000 + minor * 100 + patch}`;
}

/** Calibrator class for the algorithm word of a cache's first line; undefined for a word that TensorRT does not write. */
export function calibratorOf(word: string): string | undefined {
  const classes: Readonly<Record<string, string>> = {
    EntropyCalibration2: entropyCalibrator,
    EntropyCalibration: "IInt8EntropyCalibrator",
    MinMaxCalibration: "IInt8MinMaxCalibrator",
    LegacyCalibration: "IInt8LegacyCalibrator",
  };
  return Object.hasOwn(classes, word) ? classes[word] : undefined;
}

/** `TensorRT 8.6.1`, `TensorRT for RTX 1.7.1.116`. */
export const productOf = ({ product, tensorrt }: Pick<Hello, "product" | "tensorrt">): string => `${product} ${tensorrt}`;

/** Releases with known holes that a hostile model can use (NVIDIA bulletin, July 2026): fixed in TensorRT 11.0 and Polygraphy 0.50. */
export function securityNotes(hello: Hello): string[] {
  const [newest = 0] = hello.tensorrt.split(".").map(Number);
  // The bulletin is about TensorRT; the other product counts its releases anew.
  const major = hello.product === "TensorRT" ? newest : Number.POSITIVE_INFINITY;
  const [, minor = 0] = hello.polygraphy.split(".").map(Number);
  return [
    ...(major < 11 ? [`TensorRT ${hello.tensorrt} has known holes for hostile models, fixed in 11.0: give it only models you trust.`] : []),
    ...(minor < 50 && hello.polygraphy.startsWith("0.")
      ? [`Polygraphy ${hello.polygraphy} has known holes, fixed in 0.50: pip install polygraphy==0.53.6`]
      : []),
  ];
}

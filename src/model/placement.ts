/** Where the gate puts Q/DQ of its own: a choice of scheme, and what a scheme has to know besides the graph. */

/**
 * `core`: the inputs of convolutions and matrix products, nothing else. `modelopt`: the tensors that NVIDIA ModelOpt quantises in INT8, residual
 * inputs of Add and pools among them, and no Q/DQ on compute nodes that are too small to gain by it.
 */
export const placementSchemes = ["modelopt", "core"] as const;
export type PlacementScheme = (typeof placementSchemes)[number];

/** `left`: ids of the compute nodes that stay in float for their size. */
export type Placement = { readonly scheme: "core" } | { readonly scheme: "modelopt"; readonly left: ReadonlySet<string> };

/** For `trt-gate cache to-qdq`, which places as ModelOpt does unless it is told otherwise. */
export const placementFlag = (scheme: PlacementScheme): readonly string[] => (scheme === "modelopt" ? [] : ["--placement", scheme]);

export const corePlacement: Placement = { scheme: "core" };

/** As a report holds it. */
export interface PlacementRecord {
  readonly scheme: PlacementScheme;
  readonly left: readonly string[];
}

/** As the report holds it; `left` is sorted, and empty for `core`, which leaves nothing by type. */
export const recordOf = (placement: Placement): { scheme: PlacementScheme; left: string[] } => ({
  scheme: placement.scheme,
  left: placement.scheme === "core" ? [] : [...placement.left].toSorted(),
});

/** A report of before there were schemes has `core`. */
export const placementAgain = (record: PlacementRecord | undefined): Placement =>
  record?.scheme === "modelopt" ? { scheme: "modelopt", left: new Set(record.left) } : corePlacement;

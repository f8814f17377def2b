/** Kinds of operators as NVIDIA ModelOpt 0.47 tells them apart where it places INT8 Q/DQ: a table of facts, no rules. */

export const linearOps: ReadonlySet<string> = new Set(["Conv", "ConvTranspose", "Gemm", "MatMul"]);

/** Move or join values and compute nothing. */
export const copyOps: ReadonlySet<string> = new Set([
  ...["Flatten", "Transpose", "Concat", "Split", "Squeeze", "Expand", "ReverseSequence", "Reshape", "Tile"],
  ...["Gather", "Slice", "GatherElements", "GatherND", "ScatterElements", "ScatterND", "OneHot"],
]);

/** Join the layer before them; Relu and BatchNormalization have rules of their own, Clip and HardSigmoid join nothing. */
export const pointwiseOps: ReadonlySet<string> = new Set([
  ...["Neg", "Sqrt", "Abs", "Log", "Exp", "Not", "Cast", "Floor", "Ceil", "Round", "Erf", "Gelu", "Sin", "Cos", "Atan", "Sign"],
  ...["IsNaN", "IsInf", "LeakyRelu", "Elu", "Tanh", "Sigmoid", "Softmax", "Softplus", "InstanceNormalization", "CumSum"],
  ...["Add", "Sub", "Mul", "Pow", "Div", "Min", "Max", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Equal"],
  ...["BitwiseOr", "BitwiseAnd", "BitwiseXor", "BitShift"],
]);

export const poolingOps: ReadonlySet<string> = new Set([
  ...["AveragePool", "GlobalAveragePool", "MaxPool", "GlobalMaxPool", "GlobalLpPool", "LpPool", "MaxPoolGridSample"],
  ...["HammingWindow", "BlackmanWindow", "HannWindow"],
]);

/** The only ones that get Q/DQ for their own sake, and which inputs get it: all of them, or the first. */
export const quantizableInputs: Readonly<Record<string, "all" | "first" | "none">> = {
  Add: "all",
  AveragePool: "first",
  BatchNormalization: "first",
  Clip: "none",
  Conv: "first",
  ConvTranspose: "first",
  CumSum: "all",
  Flatten: "first",
  Gemm: "all",
  GlobalAveragePool: "all",
  HardSwish: "all",
  LRN: "first",
  LayerNormalization: "first",
  MatMul: "all",
  MaxPool: "first",
  Mul: "all",
  Resize: "first",
  TopK: "first",
};

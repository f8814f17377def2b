/** What `inspect` tells of a file, one shape for each kind. Only types; numbers that JSON cannot hold are texts. */
import type { Num } from "../report/schema.ts";

export interface TensorFacts {
  readonly tensor: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly min: Num;
  readonly max: Num;
  readonly mean: Num;
  readonly std: Num;
  /** Values that are NaN or infinite; the statistics are over the others. */
  readonly nonFinite: number;
  /** Only of what `trt-gate inputs` made up. */
  readonly isMadeUp?: true;
}

export type Inspection =
  | {
      readonly kind: "outputs" | "inputs";
      readonly path: string;
      readonly format: string;
      readonly runners: readonly { readonly name: string; readonly iterations: readonly (readonly TensorFacts[])[] }[];
    }
  | {
      readonly kind: "accuracy-results";
      readonly path: string;
      readonly results: readonly {
        readonly metric: string;
        readonly pair: readonly string[];
        readonly iterations: number;
        readonly tensors: readonly { readonly tensor: string; readonly values: Readonly<Record<string, Num>> }[];
      }[];
    }
  | {
      readonly kind: "calibration-cache";
      readonly path: string;
      readonly header: string;
      readonly version: string | null;
      readonly algorithm: string | null;
      readonly entries: number;
      readonly scales: number;
      readonly smallest: { readonly tensor: string; readonly scale: number } | null;
      readonly largest: { readonly tensor: string; readonly scale: number } | null;
      readonly problems: readonly string[];
    }
  | {
      readonly kind: "onnx-model";
      readonly path: string;
      readonly opsets: Readonly<Record<string, number>>;
      readonly producer: string;
      readonly inputs: readonly { readonly name: string; readonly dtype: string; readonly dims: readonly (number | string)[] }[];
      readonly outputs: readonly string[];
      readonly outputTypes: readonly { readonly name: string; readonly dtype: string; readonly dims: readonly (number | string)[] }[];
      readonly nodes: number;
      readonly operators: Readonly<Record<string, number>>;
      readonly customDomains: readonly string[];
      readonly quantized: boolean;
      readonly units: readonly { readonly id: string; readonly nodes: readonly string[]; readonly weightBytes: number }[];
      /** Of a quantised model: units that are no compute nodes, by operator; compute nodes whose weights alone are integers; and those in float already. */
      readonly otherUnits: Readonly<Record<string, number>>;
      readonly integerWeights: readonly string[];
      readonly floatNodes: readonly string[];
    }
  | {
      readonly kind: "engine-inspector";
      readonly path: string;
      readonly bindings: readonly string[];
      readonly precisions: Readonly<Record<string, number>>;
      readonly layerTypes: Readonly<Record<string, number>>;
      readonly layers: readonly {
        readonly layer: string;
        readonly layerType: string;
        readonly precision: string;
        readonly nodes: readonly string[];
      }[];
    }
  | {
      readonly kind: "report";
      readonly path: string;
      readonly verdict: string;
      readonly reason: string;
      readonly createdAt: string;
      readonly models: readonly { readonly name: string; readonly lane: string; readonly verdict: string; readonly message: string }[];
    };

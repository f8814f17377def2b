/** What changes precision together, and a choice of precisions. */

/** The smallest group of nodes that changes precision together. Ids are stable within one model file. */
export interface Unit {
  /** `<op type>:<output tensor of the compute node>`, unique in the model. */
  readonly id: string;
  /** ONNX node names of the compute node and what fuses with it; the compute node first. Unnamed nodes appear as `(output <tensor>)`. */
  readonly nodes: readonly string[];
  readonly opType: string;
  /** Quantised activation inputs (ONNX tensor names). */
  readonly inputs: readonly string[];
  /** The compute node's own output: the tensor at which its injected error is measured. */
  readonly output: string;
  /** Position in topological order. */
  readonly order: number;
  /** Block the unit belongs to (`search.group: block`): from the path in its name, else from the shape of the graph, else its own id. */
  readonly block: string;
  /** Other nodes whose Q/DQ, where the gate makes it, goes with this unit's: they read float where it is kept (ModelOpt's placement). */
  readonly followers?: readonly string[];
  /** What its activations are quantised to where that is not INT8: FP8, FP4, INT4. */
  readonly precision?: string;
  /** Its weights alone are quantised: it reads floats and computes in them. */
  readonly isWeightOnly?: true;
  /** Weight bytes in float32; 0 for products of two activations. */
  readonly weightBytes: number;
}

/** Which units are kept in higher precision. The empty set is the plain INT8 candidate. */
export interface Assignment {
  readonly keep: ReadonlySet<string>;
}

export const plainCandidate: Assignment = { keep: new Set() };

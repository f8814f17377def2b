/**
 * The small networks under examples/, built from seeded numbers: one with even ranges, and ones where a single large channel takes the
 * INT8 range away from the others. What they are checked with is examples.ts.
 */
import { seededRandom } from "../src/measure/random.ts";
import type { Tensor } from "../src/model/tensor.ts";
import { DataType, floatTensor, int64Tensor, intAttr, intsAttr, makeNode, type NodeProto, type TensorProto } from "../src/onnx/model.ts";
import { modelBytes } from "../test/fakes/onnx-models.ts";

/** Seeded weights in [-1, 1), divided by the root of what one output adds up; `scaleOf` multiplies the weights of an output channel. */
function weights(name: string, shape: readonly number[], seed: number, scaleOf: (channel: number) => number = () => 1): TensorProto {
  const random = seededRandom(seed);
  const perChannel = shape.slice(1).reduce((product, size) => product * size, 1);
  const values = Float32Array.from(
    { length: (shape[0] ?? 1) * perChannel },
    (_, i) => (random() * 2 - 1) * Math.sqrt(3 / perChannel) * scaleOf(Math.floor(i / perChannel)),
  );
  return floatTensor(name, shape, values);
}

/** A 3x3 convolution that keeps the size of the picture, and a Relu. */
const block = (name: string, input: string, output: string, stride = 1): NodeProto[] => [
  makeNode({
    opType: "Conv",
    name,
    input: [input, `${name}.w`],
    output: [`${name}.out`],
    attribute: [intsAttr("pads", [1, 1, 1, 1]), intsAttr("strides", [stride, stride])],
  }),
  makeNode({ opType: "Relu", name: `${name}.relu`, input: [`${name}.out`], output: [output] }),
];
const pointwise = (name: string, input: string, output: string): NodeProto =>
  makeNode({ opType: "Conv", name, input: [input, `${name}.w`], output: [output] });
const plain = (opType: string, input: readonly string[], output: string): NodeProto =>
  makeNode({ opType, name: output, input, output: [output] });

/** Pictures [1, 3, 12, 12] -> probabilities of five classes. */
export const classifier = (): Uint8Array =>
  modelBytes({
    nodes: [
      ...block("stem", "image", "a", 2),
      ...block("body", "a", "b"),
      plain("GlobalAveragePool", ["b"], "pooled"),
      makeNode({ opType: "Flatten", name: "flat", input: ["pooled"], output: ["features"] }),
      plain("MatMul", ["features", "head.w"], "logits"),
      plain("Softmax", ["logits"], "probabilities"),
    ],
    weights: [weights("stem.w", [8, 3, 3, 3], 1), weights("body.w", [12, 8, 3, 3], 2), weights("head.w", [12, 5], 3, () => 4)],
    inputs: { image: [1, 3, 12, 12] },
    outputs: ["probabilities"],
  });

/** Pictures [1, 3, 8, 8] -> [1, 8, 64]: four rows of boxes in pixels, four rows of scores. The boxes' channel takes the range of the scores'. */
export const detector = (): Uint8Array =>
  modelBytes({
    nodes: [
      ...block("stem", "image", "features"),
      pointwise("boxes", "features", "boxes.map"),
      pointwise("scores", "features", "scores.map"),
      plain("Sigmoid", ["scores.map"], "scores.sigmoid"),
      makeNode({
        opType: "Concat",
        name: "joined",
        input: ["boxes.map", "scores.sigmoid"],
        output: ["joined"],
        attribute: [intAttr("axis", 1)],
      }),
      plain("Reshape", ["joined", "flat"], "detections"),
    ],
    weights: [
      weights("stem.w", [8, 3, 3, 3], 4, (channel) => (channel === 0 ? 300 : 1)),
      weights("boxes.w", [4, 8, 1, 1], 5),
      floatTensor("scores.w", [4, 8, 1, 1], blindTo(0, [4, 8], 6)),
      int64Tensor("flat", [1, 8, 64]),
    ],
    inputs: { image: [1, 3, 8, 8] },
    outputs: ["detections"],
  });

/** Rows of weights that do not read the input channel `unread`. */
function blindTo(unread: number, [rows, columns]: readonly [number, number], seed: number): Float32Array {
  const random = seededRandom(seed);
  return Float32Array.from({ length: rows * columns }, (_, i) => {
    const value = (random() * 2 - 1) * 2;
    return i % columns === unread ? 0 : value;
  });
}

/** Pictures [1, 3, 12, 12] -> a class of each pixel, [1, 1, 12, 12], of four. */
export const segmentation = (): Uint8Array =>
  modelBytes({
    nodes: [
      ...block("stem", "image", "a"),
      ...block("body", "a", "b"),
      pointwise("head", "b", "logits"),
      makeNode({ opType: "ArgMax", name: "classes", input: ["logits"], output: ["classes"], attribute: [intAttr("axis", 1)] }),
    ],
    weights: [weights("stem.w", [8, 3, 3, 3], 7), weights("body.w", [8, 8, 3, 3], 8), weights("head.w", [4, 8, 1, 1], 9)],
    inputs: { image: [1, 3, 12, 12] },
    outputs: ["classes"],
    outputTypes: { classes: DataType.INT64 },
  });

/** Vectors [1, 16] -> logits of four classes. With `loud` above 1 one hidden value takes the range of the others, and nothing reads it. */
export function perceptron(seed: number, loud: number): { readonly bytes: Uint8Array; readonly classOf: (vector: Float32Array) => number } {
  const [inputs, hidden, classes] = [16, 16, 4];
  const random = seededRandom(seed);
  const first = Float32Array.from({ length: inputs * hidden }, (_, i) => ((random() * 2 - 1) / 2) * (i % hidden === 0 ? loud : 1));
  const second = Float32Array.from({ length: hidden * classes }, (_, i) => {
    const value = random() * 2 - 1;
    return i < classes && loud > 1 ? 0 : value;
  });
  const bytes = modelBytes({
    nodes: [
      plain("MatMul", ["x", "first.w"], "hidden"),
      plain("Relu", ["hidden"], "active"),
      plain("MatMul", ["active", "second.w"], "logits"),
    ],
    weights: [floatTensor("first.w", [inputs, hidden], first), floatTensor("second.w", [hidden, classes], second)],
    inputs: { x: [1, inputs] },
    outputs: ["logits"],
  });
  const product = (vector: ArrayLike<number>, matrix: Float32Array, columns: number): number[] =>
    Array.from({ length: columns }, (_, c) =>
      Array.from(vector).reduce((sum, value, r) => sum + value * (matrix[r * columns + c] ?? 0), 0),
    );
  const classOf = (vector: Float32Array): number => {
    const active = product(vector, first, hidden).map((value) => Math.max(0, value));
    const logits = product(active, second, classes);
    return logits.indexOf(Math.max(...logits));
  };
  return { bytes, classOf };
}

const tokens = 8;
const vocabulary = 32;

/**
 * Token ids and mask, [1, 8] each -> logits of three classes: an embedding, one head of attention and a feed-forward of which one hidden
 * value takes the range of the others, as trained transformers have them; the layer after it does not read that value.
 */
export function transformer(): Uint8Array {
  const [width, hidden, classes] = [16, 32, 3];
  const product = (name: string, input: string, output: string) =>
    makeNode({ opType: "MatMul", name, input: [input, `${name}.w`], output: [output] });
  const square = (name: string, seed: number) => weights(`${name}.w`, [width, width], seed);
  return modelBytes({
    nodes: [
      makeNode({ opType: "Gather", name: "embedding", input: ["embedding.w", "input_ids"], output: ["x"] }),
      product("query", "x", "q"),
      product("key", "x", "k"),
      product("value", "x", "v"),
      makeNode({ opType: "Transpose", name: "key.t", input: ["k"], output: ["k.t"], attribute: [intsAttr("perm", [0, 2, 1])] }),
      plain("MatMul", ["q", "k.t"], "scores"),
      makeNode({
        opType: "Cast",
        name: "mask.float",
        input: ["attention_mask"],
        output: ["mask"],
        attribute: [intAttr("to", DataType.FLOAT)],
      }),
      plain("Sub", ["mask", "one"], "mask.minus"),
      plain("Mul", ["mask.minus", "far"], "mask.bias"),
      plain("Add", ["scores", "mask.bias"], "scores.masked"),
      makeNode({ opType: "Softmax", name: "attention", input: ["scores.masked"], output: ["attention"], attribute: [intAttr("axis", -1)] }),
      plain("MatMul", ["attention", "v"], "context"),
      plain("Add", ["x", "context"], "residual"),
      product("up", "residual", "up.out"),
      plain("Relu", ["up.out"], "up.relu"),
      product("down", "up.relu", "down.out"),
      plain("Add", ["residual", "down.out"], "hidden"),
      makeNode({
        opType: "ReduceMean",
        name: "pool",
        input: ["hidden"],
        output: ["pooled"],
        attribute: [intsAttr("axes", [1]), intAttr("keepdims", 0)],
      }),
      product("classifier", "pooled", "logits"),
    ],
    weights: [
      weights("embedding.w", [vocabulary, width], 41),
      ...["query", "key", "value"].map((name, i) => square(name, 42 + i)),
      floatTensor(
        "up.w",
        [width, hidden],
        scaled([width, hidden], 45, (_, column) => (column === 0 ? 200 : 1)),
      ),
      floatTensor(
        "down.w",
        [hidden, width],
        scaled([hidden, width], 46, (row) => (row === 0 ? 0 : 1)),
      ),
      weights("classifier.w", [width, classes], 47),
      floatTensor("one", [], Float32Array.of(1)),
      floatTensor("far", [], Float32Array.of(1e4)),
    ],
    inputs: { input_ids: [1, tokens], attention_mask: [1, tokens] },
    inputType: DataType.INT64,
    outputs: ["logits"],
  });
}

/** Seeded values in [-1/2, 1/2), each times what `factor` gives for its place. */
const scaled = (
  [rows, columns]: readonly [number, number],
  seed: number,
  factor: (row: number, column: number) => number,
): Float32Array => {
  const random = seededRandom(seed);
  return Float32Array.from({ length: rows * columns }, (_, i) => (random() - 0.5) * factor(Math.floor(i / columns), i % columns));
};

/** Sentences of 3 to 8 tokens: ids, and a mask that is 1 where there is one. */
export function sentences(count: number, seed: number): Tensor[] {
  const random = seededRandom(seed);
  const ids: bigint[] = [];
  const mask: bigint[] = [];
  for (let sentence = 0; sentence < count; sentence++) {
    const length = 3 + Math.floor(random() * (tokens - 2));
    for (let i = 0; i < tokens; i++) {
      ids.push(i < length ? BigInt(1 + Math.floor(random() * (vocabulary - 1))) : 0n);
      mask.push(i < length ? 1n : 0n);
    }
  }
  const tensor = (name: string, values: readonly bigint[]): Tensor => ({
    name,
    dtype: "int64",
    shape: [count, tokens],
    data: BigInt64Array.from(values),
  });
  return [tensor("input_ids", ids), tensor("attention_mask", mask)];
}

/** `count` samples in [0, 1), axis 0 of the array. */
export function samples(name: string, count: number, shape: readonly number[], seed: number): Tensor {
  const random = seededRandom(seed);
  const length = shape.reduce((product, size) => product * size, count);
  return { name, dtype: "float32", shape: [count, ...shape], data: Float32Array.from({ length }, random) };
}

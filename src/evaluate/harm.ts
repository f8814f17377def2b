/**
 * Which task an output stands for, where its form says so plainly or the configuration does, and what the candidate does to it. Streams with the outputs of
 * the plain candidate; counting is measure/harm/.
 */
import { ClassificationHarm } from "../measure/harm/classification.ts";
import { DetectionHarm } from "../measure/harm/detection.ts";
import { SegmentationHarm } from "../measure/harm/segmentation.ts";
import type { Harm, Sides, TaskKind } from "../measure/harm/task-harm.ts";
import { numbersOf } from "../measure/numbers.ts";
import { type PartPlaces, placesOf, valuesAt } from "../measure/parts.ts";
import type { OutputForm, PartMap } from "../model/output-form.ts";
import { sameShape, type Tensor } from "../model/tensor.ts";
import { bySample, type OutputSink, type Side } from "./output-sinks.ts";

/** More classes than these, in one vector a sample, are hardly anything else than a classifier's. */
const manyClasses = 10;

export interface HarmSink {
  readonly sink: OutputSink;
  /** After the stream. */
  found(): readonly Harm[];
}

/** `kind`: `task.kind` of the configuration; undefined: where the form is plain. */
export function harmSink(forms: ReadonlyMap<string, OutputForm>, kind: TaskKind | undefined): HarmSink {
  const counters = new Map<string, { readonly harm: (output: string) => Harm | undefined }>();
  const counter = <T extends { harm(output: string): Harm | undefined }>(
    output: string,
    make: () => T,
    is: (one: unknown) => one is T,
  ): T | undefined => {
    const known = counters.get(output);
    if (known !== undefined) return is(known) ? known : undefined;
    const made = make();
    counters.set(output, made);
    return made;
  };
  const sample = async (index: number, outputs: Readonly<Record<Side, readonly Tensor[]>>) => {
    const paired = outputs.reference.flatMap((reference) => {
      const candidate = outputs.candidate.find(({ name }) => name === reference.name);
      return candidate && sameShape(candidate.shape, reference.shape) ? [{ reference, candidate }] : [];
    });
    for (const { reference, candidate } of paired) {
      const { name, shape } = reference;
      const sides: Sides = { reference: numbersOf(reference.data), candidate: numbersOf(candidate.data) };
      const task = taskOf(reference, forms.get(name) ?? {}, kind, paired.length);
      if (task === "classification")
        counter(
          name,
          () => new ClassificationHarm(),
          (one) => one instanceof ClassificationHarm,
        )?.add(index, sides, classesOf(reference, forms.get(name)));
      if (task === "segmentation") {
        const maps = counter(
          name,
          () => new SegmentationHarm(),
          (one) => one instanceof SegmentationHarm,
        );
        if (isIndex(reference, forms.get(name))) maps?.addLabels(sides);
        else maps?.addScores(sides, shape);
      }
      const parts = forms.get(name)?.parts;
      const detections = parts && (kind === undefined || kind === "detection") ? detectionsOf(parts, sides, shape) : undefined;
      if (detections)
        counter(
          name,
          () => new DetectionHarm(),
          (one) => one instanceof DetectionHarm,
        )?.add(detections);
    }
    const apart = kind === "detection" || kind === undefined ? detectionsApart(paired, forms, kind) : undefined;
    if (apart)
      counter(
        apart.output,
        () => new DetectionHarm(),
        (one) => one instanceof DetectionHarm,
      )?.add(apart);
  };
  return {
    sink: bySample({ sample, end: async () => {} }),
    found: () => [...counters].flatMap(([output, one]) => one.harm(output) ?? []),
  };
}

/** Dtype and shape of an output, without its values. */
export type OutputHeader = Pick<Tensor, "dtype" | "shape">;

/** True for names of something (classes, positions, truth values). */
export const isIndex = ({ dtype }: OutputHeader, form: OutputForm | undefined): boolean =>
  (form?.values ?? (dtype.startsWith("float") ? "quantity" : "index")) === "index";

const classesOf = (tensor: OutputHeader, form: OutputForm | undefined): number => (isIndex(tensor, form) ? 1 : (tensor.shape.at(-1) ?? 1));

/** `kind`: of the configuration, which goes before what the form says. `outputs`: how many the model has. */
export function taskOf(tensor: OutputHeader, form: OutputForm, kind: TaskKind | undefined, outputs: number): TaskKind | undefined {
  const { shape } = tensor;
  if (isIndex(tensor, form)) {
    if (form.values !== "index" || form.sizedBy !== undefined) return undefined;
    const wanted = kind ?? (shape.length >= 3 ? "segmentation" : "classification");
    return wanted === "detection" ? undefined : wanted;
  }
  const isProbability = form.score?.kind === "softmax" || form.score?.kind === "logsoftmax";
  const classes = shape.at(-1) ?? 1;
  const isVector = shape.length === 2 && classes >= 2;
  const isMap = shape.length === 4 && (shape[1] ?? 1) >= 2 && (shape[2] ?? 1) * (shape[3] ?? 1) > 1;
  if (kind === "classification") return shape.length <= 3 && classes >= 2 ? kind : undefined;
  if (kind === "segmentation") return isMap ? kind : undefined;
  if (kind === "detection") return undefined;
  if (isVector && (isProbability || (outputs === 1 && classes >= manyClasses && form.parts === undefined))) return "classification";
  return isMap && isProbability && form.score?.kind === "softmax" && form.score.axis === 1 ? "segmentation" : undefined;
}

/** One output that joins 4 box values and Sigmoid scores of the same places: along the last axis, or along the one before it. */
function detectionsOf(parts: PartMap, sides: Sides, shape: readonly number[]) {
  if (!sameShape(parts.shape, shape) || parts.parts.length !== 2 || shape.length !== 3) return undefined;
  const [boxes, scores] = placesOf(parts).toSorted((a, b) => Number(isSigmoid(a)) - Number(isSigmoid(b)));
  if (boxes === undefined || scores === undefined || isSigmoid(boxes) || !isSigmoid(scores)) return undefined;
  const [images = 1, rows = 1, columns = 1] = shape;
  for (const [places, isLast] of [
    [rows, true],
    [columns, false],
  ] as const) {
    const classes = scores.places.length / (images * places);
    if (boxes.places.length !== images * places * 4 || !Number.isInteger(classes) || classes < 1) continue;
    const arranged = (at: Uint32Array, each: number): Sides => ({
      reference: byPlace(valuesAt(sides.reference, at), { images, places, each, isLast }),
      candidate: byPlace(valuesAt(sides.candidate, at), { images, places, each, isLast }),
    });
    return { boxes: arranged(boxes.places, 4), scores: arranged(scores.places, classes), classes };
  }
  return undefined;
}

const isSigmoid = ({ part }: PartPlaces): boolean => part.score?.kind === "sigmoid";

interface Pair {
  readonly reference: Tensor;
  readonly candidate: Tensor;
}

/** Two outputs, [N, A, 4] and [N, A, classes], the second of a Sigmoid; of a Softmax only where the task is named, since one of its classes is none. */
function detectionsApart(paired: readonly Pair[], forms: ReadonlyMap<string, OutputForm>, kind: TaskKind | undefined) {
  const isScore = (form: OutputForm | undefined) => form?.score !== undefined && (form.score.kind === "sigmoid" || kind === "detection");
  const boxes = paired.find(
    ({ reference: { shape, name } }) => shape.length === 3 && shape[2] === 4 && forms.get(name)?.score === undefined,
  );
  const scores = paired.find(
    ({ reference: { shape, name } }) =>
      shape.length === 3 && isScore(forms.get(name)) && shape[1] === boxes?.reference.shape[1] && shape[0] === boxes?.reference.shape[0],
  );
  if (boxes === undefined || scores === undefined) return undefined;
  const sides = ({ reference, candidate }: typeof boxes): Sides => ({
    reference: numbersOf(reference.data),
    candidate: numbersOf(candidate.data),
  });
  return { output: boxes.reference.name, boxes: sides(boxes), scores: sides(scores), classes: scores.reference.shape[2] ?? 1 };
}

interface Arrangement {
  readonly images: number;
  readonly places: number;
  readonly each: number;
  readonly isLast: boolean;
}

/** Values of one place side by side. */
function byPlace(values: Float64Array, { images, places, each, isLast }: Arrangement): Float64Array {
  if (isLast) return values;
  const result = new Float64Array(values.length);
  for (let image = 0; image < images; image++)
    for (let one = 0; one < each; one++)
      for (let place = 0; place < places; place++)
        result[(image * places + place) * each + one] = values[(image * each + one) * places + place] ?? 0;
  return result;
}

/** What a verdict stands on, in one sentence: engines of which TensorRT on which GPU, or a simulation that built none. */
import type { ModelReport, Report } from "../schema.ts";
import { laneSentence, precisionWords } from "./labels.ts";

/** One sentence for each way that models were compared; empty where nothing was. Foreign words in it are raw. */
export function judgedOn({ models, environment }: Pick<Report, "models" | "environment">): string {
  const judged = models.filter(({ outputs, status }) => status === "checked" && outputs.length > 0);
  const byLane = Map.groupBy(judged, ({ lane }) => lane);
  return [...byLane].map(([lane, all]) => sentences[lane](environment, precisionWords(all))).join(" ");
}

type Environment = Report["environment"];
type Sentence = (environment: Environment, precision: string) => string;

const withVersion = (tool: string, version: string | null): string => (version === null ? tool : `${tool} ${version}`);
const engine =
  (lane: "implicit" | "explicit"): Sentence =>
  ({ tensorrt, gpu }, precision) =>
    `Judged on: ${laneSentence(lane, precision).replace("TensorRT", withVersion("TensorRT", tensorrt))}${gpu === null ? "" : `, on ${gpu}`}.`;

const sentences: Readonly<Record<ModelReport["lane"], Sentence>> = {
  simulate: ({ onnxruntime }, precision) =>
    `Judged on: ${precision} simulated by ${withVersion("ONNX Runtime", onnxruntime)} on the CPU; no engine was built.`,
  implicit: engine("implicit"),
  explicit: engine("explicit"),
  saved: () => "Judged on: saved outputs, compared as they are.",
};

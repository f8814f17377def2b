/** What a verdict stands on, in one sentence: engines of which TensorRT on which GPU, or a simulation that built none. */
import type { ModelReport, Report } from "../schema.ts";
import { laneSentence, precisionWords } from "./labels.ts";

/** One sentence for each way that models were compared; empty where nothing was. Foreign words in it are raw. */
export function judgedOn({ models, environment }: Pick<Report, "models" | "environment">): string {
  const judged = models.filter(({ outputs, status }) => status === "checked" && outputs.length > 0);
  const alike = Map.groupBy(judged, ({ lane, reference }) => `${lane} ${reference ?? ""}`);
  return [...alike.values()]
    .flatMap((all) => all.slice(0, 1).map((one) => sentences[one.lane](environment, precisionWords(all), one)))
    .join(" ");
}

type Environment = Report["environment"];
type Sentence = (environment: Environment, precision: string, model: Pick<ModelReport, "lane" | "reference">) => string;

const withVersion = (tool: string, version: string | null): string => (version === null ? tool : `${tool} ${version}`);
const engine: Sentence = ({ tensorrt, gpu }, precision, model) =>
  `Judged on: ${laneSentence(model, precision).replace("TensorRT", withVersion("TensorRT", tensorrt))}${gpu === null ? "" : `, on ${gpu}`}.`;

const sentences: Readonly<Record<ModelReport["lane"], Sentence>> = {
  simulate: ({ onnxruntime }, precision) =>
    `Judged on: ${precision} simulated by ${withVersion("ONNX Runtime", onnxruntime)} on the CPU; no engine was built.`,
  implicit: engine,
  explicit: engine,
  saved: () => "Judged on: saved outputs, compared as they are.",
};

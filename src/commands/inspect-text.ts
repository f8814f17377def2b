/** An inspection for people. All names are foreign text and are made plain; long lists are cut and say so. */
import { plural } from "../model/plural.ts";
import { fromNum, type Num } from "../report/schema.ts";
import { plainLine } from "../report/text.ts";
import type { Inspection, TensorFacts } from "./inspection.ts";

const mostRows = 1000;

/** Ends with a line feed. */
export function inspectionText(inspection: Inspection): string {
  return `${[plainLine(inspection.path), ...linesOf(inspection)].join("\n")}\n`;
}

function linesOf(inspection: Inspection): string[] {
  switch (inspection.kind) {
    case "outputs":
    case "inputs":
      return [
        `${inspection.format}${isMadeUp(inspection.runners) ? ", made up by trt-gate inputs" : ""}`,
        ...inspection.runners.flatMap(({ name, iterations }) =>
          iterations.flatMap((facts, i) => ["", `${plainLine(name, 80)}, iteration ${i}`, ...tensorTable(facts)]),
        ),
      ];
    case "accuracy-results":
      return inspection.results.flatMap(({ metric, pair, iterations, tensors }) => [
        "",
        `${plainLine(metric)}: ${pair.map((name) => plainLine(name, 60)).join(" against ")}, ${plural(iterations, "iteration")}`,
        ...cut(
          tensors.map(
            ({ tensor, values }) =>
              `  ${plainLine(tensor, 60)}  ${Object.entries(values)
                .map(([name, value]) => `${plainLine(name, 40)}=${short(value)}`)
                .join(" ")}`,
          ),
        ),
      ]);
    case "calibration-cache":
      return [
        `calibration cache, ${plainLine(inspection.header, 100)}`,
        `${plural(inspection.entries, "entry", "entries")}, ${plural(inspection.scales, "scale")}`,
        ...[inspection.smallest, inspection.largest].flatMap((end, i) =>
          end ? [`${i === 0 ? "smallest" : "largest "} ${short(end.scale)}  ${plainLine(end.tensor, 80)}`] : [],
        ),
        ...cut(inspection.problems.map((problem) => `problem: ${plainLine(problem, 300)}`)),
      ];
    case "onnx-model":
      return [
        `ONNX model${inspection.producer === "" ? "" : `, ${plainLine(inspection.producer)}`}; opset ${Object.entries(inspection.opsets)
          .map(([domain, version]) => `${plainLine(domain, 40)} ${version}`)
          .join(", ")}`,
        ...inspection.inputs.map((value) => `input   ${typedLine(value)}`),
        ...inspection.outputTypes.map((value) => `output  ${typedLine(value)}`),
        `${plural(inspection.nodes, "node")}: ${counts(inspection.operators)}`,
        ...(inspection.customDomains.length > 0
          ? [`custom operators from ${inspection.customDomains.map((name) => plainLine(name, 60)).join(", ")}`]
          : []),
        inspection.quantized ? "quantised: it holds Q/DQ nodes or quantised operators" : "not quantised",
        unitLine(inspection),
        ...named("with integer weights alone, whose float values are not in the file", inspection.integerWeights),
        ...named("in float already", inspection.floatNodes),
        ...cut(inspection.units.map(({ id, weightBytes }) => `  ${plainLine(id, 80)}  ${weightBytes} weight bytes`)),
      ];
    case "engine-inspector":
      return [
        `engine of ${plural(inspection.layers.length, "layer")}; bindings ${inspection.bindings.map((name) => plainLine(name, 60)).join(", ")}`,
        `by precision: ${counts(inspection.precisions)}`,
        `by type: ${counts(inspection.layerTypes)}`,
        ...cut(
          inspection.layers.map(
            ({ layer, layerType, precision }) => `  ${(precision || "?").padEnd(5)} ${layerType.padEnd(20)} ${plainLine(layer, 100)}`,
          ),
        ),
      ];
    case "report":
      return [
        `report of ${plainLine(inspection.createdAt)}: ${inspection.verdict} (${plainLine(inspection.reason)})`,
        ...cut(
          inspection.models.map(
            ({ name, lane, verdict, message }) => `  ${verdict.padEnd(10)} ${plainLine(name, 60)} (${lane}): ${plainLine(message, 300)}`,
          ),
        ),
      ];
  }
}

function tensorTable(facts: readonly TensorFacts[]): string[] {
  const width = Math.min(60, Math.max(0, ...facts.map(({ tensor }) => plainLine(tensor, 60).length)));
  return cut(
    facts.map(({ tensor, dtype, shape, min, max, mean, std, nonFinite }) => {
      const warning = nonFinite > 0 ? `  ${nonFinite} NaN or infinite` : "";
      return `  ${plainLine(tensor, 60).padEnd(width)}  ${dtype} [${shape.join(", ")}]  min ${short(min)}  max ${short(max)}  mean ${short(mean)}  std ${short(std)}${warning}`;
    }),
  );
}

const isMadeUp = (runners: Extract<Inspection, { kind: "inputs" | "outputs" }>["runners"]): boolean =>
  runners.some(({ iterations }) => iterations.flat().some((facts) => facts.isMadeUp));

const cut = (lines: readonly string[]): string[] =>
  lines.length <= mostRows ? [...lines] : [...lines.slice(0, mostRows), `  … and ${lines.length - mostRows} more; --json shows all`];
const short = (value: Num): string => String(Number(fromNum(value).toPrecision(5)));
const counts = (table: Readonly<Record<string, number>>): string =>
  Object.entries(table)
    .slice(0, 40)
    .map(([word, count]) => `${plainLine(word, 40)} ${count}`)
    .join(", ");

/** As a report counts them. */
function unitLine({ units, otherUnits }: Extract<Inspection, { kind: "onnx-model" }>): string {
  const others = Object.values(otherUnits).reduce((sum, count) => sum + count, 0);
  const kinds = others === 0 ? "" : `: ${plural(units.length - others, "compute node")}, ${counts(otherUnits)}`;
  return `${plural(units.length, "unit")} that can change precision${kinds}`;
}

function named(what: string, nodes: readonly string[]): string[] {
  if (nodes.length === 0) return [];
  const first = nodes.slice(0, 3).map((name) => plainLine(name, 60));
  return [`${plural(nodes.length, "compute node")} ${what}: ${first.join(", ")}${nodes.length > 3 ? ", …" : ""}`];
}

type TypedValue = Extract<Inspection, { kind: "onnx-model" }>["outputTypes"][number];

/** What nothing is said of (`unknown`) is left out. */
function typedLine({ name, dtype, dims }: TypedValue): string {
  const shape = dims.length === 0 ? "" : ` [${dims.map((dim) => plainLine(String(dim), 40)).join(", ")}]`;
  return `${plainLine(name, 80)}${dtype === "unknown" ? "" : `  ${dtype}${shape}`}`;
}

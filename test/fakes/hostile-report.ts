/** A report whose every foreign word is hostile: names of 200 characters from the corpus, as many layers as asked for. */
import type { Report } from "../../src/report/schema.ts";
import { hostileNames } from "./hostile-names.ts";
import { sampleFix, sampleLayer, sampleModel, sampleReport, sampleSearch, sampleTensor, sampleUnit } from "./report.ts";

/** The i-th hostile name, distinct for each i, 200 characters or more. */
export const hostileName = (i: number): string =>
  `${hostileNames[i % hostileNames.length] ?? ""} ${i} <script>alert(${i})</script>@org/team #${i} `.padEnd(200, "|`<x>");

export function hostileReport(layerCount: number, modelCount = 1): Report {
  const layers = Array.from({ length: layerCount }, (_, i) =>
    sampleLayer(i, {
      tensor: hostileName(i),
      node: hostileName(i + 1),
      opType: hostileName(i + 2),
      level: "fail",
      metrics: { sqnrDb: (i % 7) - 3 },
      injected: { sqnrDb: (i % 11) - 2 },
    }),
  );
  const units = Array.from({ length: 40 }, (_, i) => ({
    ...sampleUnit(i),
    unit: hostileName(i),
    nodes: [hostileName(i)],
    layers: [hostileName(i)],
  }));
  const models = Array.from({ length: modelCount }, (_, m) =>
    sampleModel({
      name: hostileName(m),
      path: hostileName(m),
      message: hostileNames.join(" "),
      laneWhy: hostileName(m),
      layers,
      outputs: Array.from({ length: 30 }, (_, i) =>
        sampleTensor({
          tensor: hostileName(i),
          note: hostileName(i),
          waiver: hostileName(i),
          scoreKind: hostileName(i),
          perClass: [{ label: hostileName(i), samples: 1, metrics: { sqnrDb: 1 } }],
        }),
      ),
      worst: layers.slice(0, 10).map((layer) => ({
        tensor: layer.tensor,
        node: layer.node ?? "",
        opType: layer.opType ?? "",
        injectedSqnrDb: -2,
        accumulatedSqnrDb: "NaN",
      })),
      firstFailing: hostileName(3),
      warnings: hostileNames.map(String),
      reproduce: hostileNames.map(String),
      toolTail: [...hostileNames],
      coverage: {
        referenceTensors: 2,
        candidateTensors: 2,
        compared: 1,
        onlyReference: [...hostileNames],
        onlyCandidate: [...hostileNames],
        quantizedUnits: 1,
        totalUnits: 2,
        missingScales: [...hostileNames],
        variant: hostileName(1),
        droppedMarks: [...hostileNames],
      },
      quantization: { source: hostileName(1), algorithm: hostileName(2), samples: 1, cacheHeader: hostileName(3), stale: hostileName(4) },
      validation: { source: hostileName(5), samples: 1 },
      search: sampleSearch({
        message: hostileName(1),
        keep: units,
        unitTable: units,
        rankings: [{ name: hostileName(1), order: units.map((unit) => unit.unit), probes: 1, seconds: 1 }],
      }),
      fix: sampleFix({
        files: [
          {
            format: hostileName(1),
            path: hostileName(2),
            command: hostileName(3),
            leftOut: [{ name: hostileName(4), why: hostileName(5) }],
          },
        ],
      }),
      advice: [{ rule: hostileName(1), text: hostileName(2), evidence: { [hostileName(3)]: hostileName(4) } }],
      place: { file: hostileName(1), line: 3 },
    }),
  );
  const sample = sampleReport();
  return {
    ...sample,
    models,
    notices: [...hostileNames],
    environment: {
      ...sample.environment,
      gpu: hostileName(1),
      driver: hostileName(2),
      os: hostileName(3),
      repository: hostileName(4),
      runUrl: "javascript:alert(1)",
      jobKey: hostileName(5),
    },
    selection: { why: hostileName(6), unchanged: [hostileName(7)], removed: [...hostileNames], uncertain: true },
  };
}

/** Fix scripts whose text is hostile too. */
export const hostileScripts = (report: Report) =>
  report.models.map((model, i) => ({
    model: model.name,
    fileName: hostileName(i),
    text: hostileNames.join("\n"),
    command: hostileNames.join(" "),
  }));

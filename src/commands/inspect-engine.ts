/** What an engine really runs, from its inspector JSON: layers by precision and by type. */
import { parseInspector } from "../lanes/tensorrt/inspector.ts";
import { countBy } from "./inspect-model.ts";
import type { Inspection } from "./inspection.ts";

/** `text`: the inspector's JSON. FileError where it is none. */
export function inspectEngine(path: string, text: string): Inspection {
  const { layers, bindings } = parseInspector(text, path);
  return {
    kind: "engine-inspector",
    path,
    bindings,
    precisions: countBy(layers.map(({ precision }) => precision || "unknown")),
    layerTypes: countBy(layers.map(({ layerType }) => layerType || "unknown")),
    layers,
  };
}

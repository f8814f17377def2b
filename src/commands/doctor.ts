/** `trt-gate doctor`: which lanes work on this machine, and what is missing with the command that installs it. Exit 4 when no lane works. */

import { sanitizeLog } from "../effects/sanitize-log.ts";
import { exitCodes } from "../gate/exit-code.ts";
import { inspectMachine, type Machine } from "../lanes/tensorrt/machine.ts";
import type { RunCommand } from "./command.ts";

export const run: RunCommand = async (parsed, effects, io) => {
  const machine = await inspectMachine(effects, parsed.text("python") ?? "python3");
  io.out(parsed.has("json") ? `${JSON.stringify(machineJson(machine), null, 2)}\n` : doctorText(machine));
  return machine.lanes.some(({ works }) => works) ? exitCodes.pass : exitCodes.undecided;
};

const machineJson = ({ gpu, hello, interpreter, trtexec, onnxruntime, freeBytes, lanes, builderCheck, missing, notes }: Machine) => ({
  gpu: gpu ?? null,
  python: hello?.python ?? interpreter?.version ?? null,
  tensorrt: hello?.tensorrt ?? interpreter?.packages.tensorrt ?? null,
  polygraphy: hello?.polygraphy ?? interpreter?.packages.polygraphy ?? null,
  features: hello?.features ?? null,
  trtexec: trtexec ?? null,
  onnxruntime: onnxruntime ?? null,
  freeBytes,
  product: hello?.product ?? null,
  lanes,
  builderCheck,
  missing,
  notes,
});

/** A package that is there and was not seen to load. */
function installed(interpreter: Machine["interpreter"], name: string): string | undefined {
  const version = interpreter?.packages[name];
  return version && `${version} is installed, and TensorRT does not load (see Missing)`;
}

/** Plain text; what tools said is made inert. */
export function doctorText({
  gpu,
  hello,
  interpreter,
  trtexec,
  onnxruntime,
  freeBytes,
  lanes,
  builderCheck,
  missing,
  notes,
}: Machine): string {
  const rows: readonly (readonly [string, string | undefined])[] = [
    ["GPU", gpu && `${gpu.name}${gpu.totalMiB === undefined ? "" : `, ${gpu.totalMiB} MiB`}`],
    ["driver", gpu?.driver],
    ["Python", interpreter && `${interpreter.version} (${interpreter.path})`],
    [hello?.product ?? "TensorRT", hello?.tensorrt ?? installed(interpreter, "tensorrt")],
    ["Polygraphy", hello?.polygraphy ?? installed(interpreter, "polygraphy")],
    ...(trtexec === undefined ? [] : [["trtexec", trtexec] as const]),
    ["ONNX Runtime", onnxruntime],
    ["free disk", `${(freeBytes / 2 ** 30).toFixed(1)} GiB`],
  ];
  const lines = [
    ...rows.map(([name, value]) => `${name.padEnd(13)} ${value ?? "none"}`),
    "",
    ...lanes.map(({ lane, works, why }) => `lane ${lane.padEnd(9)} ${works ? "works" : "does not work"}: ${why}`),
    `builder check  ${builderCheck.works ? "works" : "does not work"}: ${builderCheck.why}`,
    ...(missing.length === 0 ? [] : ["", "Missing:", ...missing.map(({ what, command }) => `  ${what}\n    ${command}`)]),
    ...(notes.length === 0 ? [] : ["", ...notes]),
  ];
  return `${sanitizeLog(lines.join("\n"))}\n`;
}

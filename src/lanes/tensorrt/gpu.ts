/** Asks `nvidia-smi` about the GPU in use. Facts only; a tool that hangs or prints nonsense gives undefined, never a made-up number. */
import { childEnv } from "../../effects/child-env.ts";
import type { Effects } from "../../effects/effects.ts";

export interface Gpu {
  readonly uuid: string;
  readonly name: string;
  readonly driver: string;
  readonly totalMiB: number | undefined;
  readonly usedMiB: number | undefined;
}

/** Of one moment. `undefined` where the GPU does not say (`[N/A]`). */
export interface GpuState {
  readonly smClockMHz: number | undefined;
  readonly uncorrectedEcc: number | undefined;
  readonly throttle: string | undefined;
}

const limitMs = 10_000;
export const noGpu = "no NVIDIA GPU with a driver on this machine";

/** `why`: there is none, or the driver's tool does not answer (a GPU that hangs makes it hang). */
export type GpuAnswer = { readonly gpu: Gpu } | { readonly why: string };

/** The GPU that CUDA will use: the first of CUDA_VISIBLE_DEVICES, else the first there is. */
export async function askForGpu(effects: Effects): Promise<GpuAnswer> {
  const rows = await query(effects, ["uuid", "name", "driver_version", "memory.total", "memory.used"]);
  if (rows === "late") return { why: `nvidia-smi did not answer within ${limitMs / 1000} s, so the GPU could not be read` };
  const wanted = (effects.env.CUDA_VISIBLE_DEVICES ?? "0").split(",")[0] ?? "";
  const row =
    rows?.find((one) => wanted.startsWith("GPU-") && one[0]?.startsWith(wanted)) ??
    (/^\d+$/.test(wanted) ? rows?.[Number(wanted)] : undefined);
  const [uuid, name, driver, total, used] = row ?? [];
  if (uuid === undefined || name === undefined || driver === undefined || !uuid.startsWith("GPU-")) return { why: noGpu };
  return { gpu: { uuid, name, driver, totalMiB: numberOf(total), usedMiB: numberOf(used) } };
}

/** Undefined where `askForGpu` has a reason. */
export async function findGpu(effects: Effects): Promise<Gpu | undefined> {
  const answer = await askForGpu(effects);
  return "gpu" in answer ? answer.gpu : undefined;
}

export async function gpuState(gpu: Gpu, effects: Effects): Promise<GpuState> {
  const figures = await query(effects, ["clocks.sm", "ecc.errors.uncorrected.volatile.total"], gpu.uuid);
  if (figures === "late") return { smClockMHz: undefined, uncorrectedEcc: undefined, throttle: undefined };
  const [row] = figures ?? [];
  const throttles = await query(effects, ["clocks_throttle_reasons.active"], gpu.uuid);
  const [reasons] = throttles === "late" ? [] : (throttles ?? []);
  return { smClockMHz: numberOf(row?.[0]), uncorrectedEcc: numberOf(row?.[1]), throttle: throttleOf(reasons?.[0]) };
}

/** Bits of nvmlClocksThrottleReasons that slow a measurement down: power cap and heat, in software and hardware. */
const slowing: readonly (readonly [bit: bigint, word: string])[] = [
  [0x4n, "power cap"],
  [0x8n, "hardware slowdown"],
  [0x20n, "heat (software)"],
  [0x40n, "heat (hardware)"],
  [0x80n, "power brake"],
];

function throttleOf(text: string | undefined): string | undefined {
  if (text === undefined || !/^0x[0-9a-fA-F]+$/.test(text)) return undefined;
  const mask = BigInt(text);
  return slowing
    .filter(([bit]) => (mask & bit) !== 0n)
    .map(([, word]) => word)
    .join(", ");
}

const numberOf = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;

/** Undefined where the tool is not there or fails; "late" where it was stopped at its limit. */
async function query(effects: Effects, fields: readonly string[], uuid?: string): Promise<string[][] | "late" | undefined> {
  const result = await effects.exec.run({
    file: "nvidia-smi",
    args: [...(uuid === undefined ? [] : [`--id=${uuid}`]), `--query-gpu=${fields.join(",")}`, "--format=csv,noheader,nounits"],
    env: childEnv(effects.env),
    timeoutMs: limitMs,
  });
  if (result.endedBy === "timeout") return "late";
  if (result.endedBy !== "exit" || result.exitCode !== 0) return undefined;
  return result.stdout
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => line.split(",").map((cell) => cell.trim()));
}

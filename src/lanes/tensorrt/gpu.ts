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

/** The GPU that CUDA will use: the first of CUDA_VISIBLE_DEVICES, else the first there is. Undefined without a driver or a GPU. */
export async function findGpu(effects: Effects): Promise<Gpu | undefined> {
  const rows = await query(effects, ["uuid", "name", "driver_version", "memory.total", "memory.used"]);
  const wanted = (effects.env.CUDA_VISIBLE_DEVICES ?? "0").split(",")[0] ?? "";
  const row =
    rows?.find((one) => wanted.startsWith("GPU-") && one[0]?.startsWith(wanted)) ??
    (/^\d+$/.test(wanted) ? rows?.[Number(wanted)] : undefined);
  const [uuid, name, driver, total, used] = row ?? [];
  if (uuid === undefined || name === undefined || driver === undefined || !uuid.startsWith("GPU-")) return undefined;
  return { uuid, name, driver, totalMiB: numberOf(total), usedMiB: numberOf(used) };
}

export async function gpuState(gpu: Gpu, effects: Effects): Promise<GpuState> {
  const [row] = (await query(effects, ["clocks.sm", "ecc.errors.uncorrected.volatile.total"], gpu.uuid)) ?? [];
  const [reasons] = (await query(effects, ["clocks_throttle_reasons.active"], gpu.uuid)) ?? [];
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

async function query(effects: Effects, fields: readonly string[], uuid?: string): Promise<string[][] | undefined> {
  const result = await effects.exec.run({
    file: "nvidia-smi",
    args: [...(uuid === undefined ? [] : [`--id=${uuid}`]), `--query-gpu=${fields.join(",")}`, "--format=csv,noheader,nounits"],
    env: childEnv(effects.env),
    timeoutMs: limitMs,
  });
  if (result.endedBy !== "exit" || result.exitCode !== 0) return undefined;
  return result.stdout
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => line.split(",").map((cell) => cell.trim()));
}

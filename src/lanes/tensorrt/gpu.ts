/** Asks `nvidia-smi` about the GPUs that CUDA may use. Facts only; a tool that hangs or prints nonsense gives undefined, never a made-up number. */
import { childEnv } from "../../effects/child-env.ts";
import type { Effects } from "../../effects/effects.ts";
import { jetson } from "./jetson.ts";

export interface Gpu {
  /** Of the GPU, or of the MIG instance: what CUDA_VISIBLE_DEVICES takes. */
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

/** `why`: there is none, or the driver's tool does not answer (a GPU that hangs makes it hang). `others`: further ones that CUDA may use. */
export type GpuAnswer = { readonly gpu: Gpu; readonly others: readonly Gpu[] } | { readonly why: string };

/** In the order of CUDA_VISIBLE_DEVICES, else in that of the PCI bus: `nvidia-smi` lists by it, and the worker is told to count by it. */
export async function askForGpu(effects: Effects): Promise<GpuAnswer> {
  const rows = await query(effects, ["uuid", "name", "driver_version", "memory.total", "memory.used"]);
  if (rows === "late") return { why: `nvidia-smi did not answer within ${limitMs / 1000} s, so the GPU could not be read` };
  const there = (rows ?? []).flatMap(gpuOf);
  const wanted = effects.env.CUDA_VISIBLE_DEVICES?.split(",").map((one) => one.trim());
  const instances = wanted?.some((one) => one.startsWith("MIG-")) === true ? await migInstances(effects, there) : [];
  const visible = wanted === undefined ? there : visibleOf(wanted, [...there, ...instances], there);
  const [gpu, ...others] = visible;
  if (gpu !== undefined) return { gpu, others };
  const board = there.length === 0 ? await jetson(effects) : undefined;
  return board === undefined ? { why: noGpu } : { gpu: board, others: [] };
}

/** CUDA takes numbers and beginnings of UUIDs, and stops at the first that it does not know. */
function visibleOf(wanted: readonly string[], known: readonly Gpu[], byNumber: readonly Gpu[]): Gpu[] {
  const found: Gpu[] = [];
  for (const one of wanted) {
    const gpu = /^\d+$/.test(one) ? byNumber[Number(one)] : known.find(({ uuid }) => /^(GPU|MIG)-./.test(one) && uuid.startsWith(one));
    if (gpu === undefined) break;
    found.push(gpu);
  }
  return found;
}

function gpuOf([uuid, name, driver, total, used]: readonly string[]): Gpu[] {
  if (uuid === undefined || name === undefined || driver === undefined || !uuid.startsWith("GPU-")) return [];
  return [{ uuid, name, driver, totalMiB: numberOf(total), usedMiB: numberOf(used) }];
}

/** Slices of GPUs, from `nvidia-smi -L`: each under the line of its GPU. Their memory is not in the query. */
async function migInstances(effects: Effects, gpus: readonly Gpu[]): Promise<Gpu[]> {
  const lines = await smi(effects, ["-L"]);
  if (lines === "late" || lines === undefined) return [];
  const found: Gpu[] = [];
  let parent: Gpu | undefined;
  for (const line of lines) {
    const uuid = /\(UUID: ((?:GPU|MIG)-[^)]+)\)/.exec(line)?.[1];
    if (uuid?.startsWith("GPU-")) parent = gpus.find((gpu) => gpu.uuid === uuid);
    const slice = /^\s*(MIG .*?)\s+Device\b/.exec(line)?.[1];
    if (uuid?.startsWith("MIG-") && parent !== undefined)
      found.push({ uuid, name: `${parent.name} ${slice ?? "MIG"}`, driver: parent.driver, totalMiB: undefined, usedMiB: undefined });
  }
  return found;
}

/** What a child must be told so that CUDA uses this one and no other. */
export const deviceEnv = ({ uuid }: Gpu): Record<string, string> => ({
  CUDA_DEVICE_ORDER: "PCI_BUS_ID",
  ...(/^(GPU|MIG)-/.test(uuid) ? { CUDA_VISIBLE_DEVICES: uuid } : {}),
});

/** Undefined where `askForGpu` has a reason. */
export async function findGpu(effects: Effects): Promise<Gpu | undefined> {
  const answer = await askForGpu(effects);
  return "gpu" in answer ? answer.gpu : undefined;
}

/** Never rejects for the tool: what it does not say is undefined. */
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

async function query(effects: Effects, fields: readonly string[], uuid?: string): Promise<string[][] | "late" | undefined> {
  const id = uuid === undefined ? [] : [`--id=${uuid}`];
  const lines = await smi(effects, [...id, `--query-gpu=${fields.join(",")}`, "--format=csv,noheader,nounits"]);
  return lines === "late" ? "late" : lines?.map((line) => line.split(",").map((cell) => cell.trim()));
}

/** Lines that say something. Undefined where the tool is not there or fails; "late" where it was stopped at its limit. */
async function smi(effects: Effects, args: readonly string[]): Promise<string[] | "late" | undefined> {
  const result = await effects.exec.run({ file: "nvidia-smi", args, env: childEnv(effects.env), timeoutMs: limitMs });
  if (result.endedBy === "timeout") return "late";
  if (result.endedBy !== "exit" || result.exitCode !== 0) return undefined;
  return result.stdout.split("\n").filter((line) => line.trim() !== "");
}

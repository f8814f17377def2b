/**
 * Whether a calibration cache fits a model: coverage, orphans, implausible scales, origin. TensorRT itself only warns, in a long log, and runs
 * what has no scale in float. Facts about the model are handed in; a verdict for a run is not given here.
 */
import type { CacheProblem, CalibrationCache } from "./cache.ts";
import type { Sidecar } from "./sidecar.ts";

export interface ComputeInput {
  readonly tensor: string;
  /** Node that reads it, by ONNX name. */
  readonly node: string;
}

export interface CacheCheckRequest {
  readonly cache: CalibrationCache;
  /** Activations that compute nodes read: each needs a scale. Shape arithmetic is not among them. */
  readonly computeInputs: readonly ComputeInput[];
  /** All tensor names of the model. */
  readonly tensors: ReadonlySet<string>;
  readonly modelSha256: string;
  readonly sidecar: Sidecar | undefined;
  /** What the reader of the cache would demand of its header; undefined: not compared. */
  readonly wanted?: { readonly version?: string; readonly algorithm?: string };
}

export interface CacheCheck {
  readonly header: string;
  readonly scales: number;
  /** Compute inputs without a scale: their nodes would run in float. */
  readonly missing: readonly ComputeInput[];
  /** Entries that name no tensor of the model. Most often a cache of another model. */
  readonly orphans: readonly string[];
  /** Entries of layers that TensorRT's parser makes and numbers itself; expected. */
  readonly unnamedLayers: number;
  readonly implausible: readonly { readonly tensor: string; readonly scale: number; readonly why: string }[];
  readonly problems: readonly CacheProblem[];
  /** Why the header would make TensorRT ignore the cache. */
  readonly headerMismatch: string | undefined;
  /** Why the cache may not belong to this version of the model. */
  readonly stale: string | undefined;
  /** When and from how many samples it was made; undefined where no sidecar says so. */
  readonly origin: Sidecar | undefined;
}

/** Facts alone; `cacheFault` says whether the cache may be used. */
export function checkCache(request: CacheCheckRequest): CacheCheck {
  const { cache, tensors } = request;
  const unknown = [...cache.scales.keys()].filter((name) => !tensors.has(name));
  const unnamed = unknown.filter(isUnnamedLayer);
  return {
    header: cache.header,
    scales: cache.scales.size,
    missing: request.computeInputs.filter(({ tensor }) => !cache.scales.has(tensor)),
    orphans: unknown.filter((name) => !isUnnamedLayer(name)),
    unnamedLayers: unnamed.length,
    implausible: [...cache.scales].flatMap(([tensor, scale]) => implausibility(tensor, scale)),
    problems: cache.problems,
    headerMismatch: headerMismatch(request),
    stale: staleness(request),
    origin: request.sidecar,
  };
}

const spoiling: ReadonlySet<CacheProblem["kind"]> = new Set(["unknown-algorithm", "bad-scale", "bad-line", "conflict", "no-entries"]);

/**
 * Why the cache must not be used as it is, as a clause; undefined where it may: the one rule of `cache check` and of every check. A scale of 0 is no scale:
 * TensorRT builds no INT8 layer with it.
 */
export function cacheFault({ headerMismatch, problems, missing }: CacheCheck): string | undefined {
  if (headerMismatch !== undefined) return headerMismatch;
  const spoiled = problems.find(({ kind }) => spoiling.has(kind));
  if (spoiled !== undefined) return spoiled.message.replace(/\.$/, "");
  const [first] = missing;
  if (first === undefined) return undefined;
  const isZero = problems.some(({ kind, name }) => kind === "zero-scale" && name === first.tensor);
  const name = `"${first.tensor}"${isZero ? " (its line says 0)" : ""}`;
  return missing.length === 1 ? `the compute input ${name} has no scale` : `${missing.length} compute inputs have no scale, first ${name}`;
}

/** `(Unnamed Layer* 3) [Shuffle]_output`: how TensorRT calls layers without an ONNX name. */
const isUnnamedLayer = (name: string): boolean => name.startsWith("(Unnamed Layer* ");

/** FP16's largest and smallest normal numbers: an activation beyond either would not survive the FP16 engine that INT8 is compared with. */
const largestAmax = 65_504;
const smallestAmax = 2 ** -14;

function implausibility(tensor: string, scale: number): { tensor: string; scale: number; why: string }[] {
  const amax = scale * 127;
  if (amax > largestAmax) return [{ tensor, scale, why: `amax ${amax.toPrecision(3)} is beyond FP16's largest number, 65504` }];
  if (amax < smallestAmax) return [{ tensor, scale, why: `amax ${amax.toPrecision(3)} is below FP16's smallest normal number, 6.1e-5` }];
  return [];
}

function headerMismatch({ cache, wanted }: CacheCheckRequest): string | undefined {
  if (cache.header === "")
    return cache.isMarked
      ? "a byte order mark stands before its TRT-<version>-<algorithm> line, so that TensorRT ignores it (save it without the mark)"
      : "the file has no TRT-<version>-<algorithm> line";
  if (wanted?.version !== undefined && wanted.version !== cache.version)
    return `written by version ${cache.version}, read by ${wanted.version}`;
  if (wanted?.algorithm !== undefined && wanted.algorithm !== cache.algorithm)
    return `written by ${cache.algorithm}, read by ${wanted.algorithm}`;
  return undefined;
}

/** Only the sidecar's hash tells: the files' times do not survive a checkout. */
function staleness({ sidecar, modelSha256 }: CacheCheckRequest): string | undefined {
  if (!sidecar || sidecar.modelSha256 === modelSha256) return undefined;
  return `calibrated for a model with SHA-256 ${sidecar.modelSha256.slice(0, 12)}…, this one has ${modelSha256.slice(0, 12)}…`;
}

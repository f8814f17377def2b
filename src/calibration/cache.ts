/**
 * TensorRT's calibration cache: text, one scale a line, exactly as TensorRT writes and reads it.
 * Reads and writes; whether a cache fits a model is check.ts.
 */
import { ConfigError } from "../effects/failure.ts";

export interface CacheEntry {
  readonly name: string;
  /** amax / 127 as the file has it: may be 0 (no scale), NaN, infinite or negative. */
  readonly scale: number;
  /** 1-based. */
  readonly line: number;
}

export type CacheProblemKind =
  | "no-header"
  | "unknown-algorithm"
  | "crlf"
  | "bad-line"
  | "bad-scale"
  | "zero-scale"
  | "duplicate"
  | "conflict"
  | "no-entries";

export interface CacheProblem {
  readonly kind: CacheProblemKind;
  readonly line: number;
  readonly name?: string;
  /** One sentence that begins with `file:line`. */
  readonly message: string;
}

export interface CalibrationCache {
  readonly file: string;
  /** First line as it stands; empty where the file has none. */
  readonly header: string;
  /** A byte order mark stands before the first line. */
  readonly isMarked: boolean;
  /** Digits of the header: 8601 is TensorRT 8.6.1, 100300 is 10.3.0. */
  readonly version: string | undefined;
  /** `EntropyCalibration2`, `MinMaxCalibration`, … */
  readonly algorithm: string | undefined;
  /** Usable scales only (finite, above 0), in file order; of a duplicate name the first. */
  readonly scales: ReadonlyMap<string, number>;
  readonly entries: readonly CacheEntry[];
  readonly problems: readonly CacheProblem[];
}

/** What the four calibrators of TensorRT write behind the version. */
const algorithms: ReadonlySet<string> = new Set(["EntropyCalibration2", "MinMaxCalibration", "EntropyCalibration", "LegacyCalibration"]);

const headerForm = /^TRT-(\d+)-([A-Za-z0-9]+)$/;

/** Never throws for content: what is wrong is in `problems`. `file` is the name used in messages. */
export function parseCache(text: string, file: string): CalibrationCache {
  const isMarked = text.startsWith("\uFEFF");
  const lines = text.slice(isMarked ? 1 : 0).split("\n");
  const header = bare(lines[0] ?? "");
  const match = headerForm.exec(header);
  const problems: CacheProblem[] = [];
  const report = (kind: CacheProblemKind, line: number, sentence: string, name?: string): void => {
    problems.push({ kind, line, message: `${file}:${line}: ${sentence}`, ...(name === undefined ? {} : { name }) });
  };
  if (text.includes("\r\n")) report("crlf", 1, "lines end in CRLF; TensorRT writes LF, and its readers may refuse it.");
  if (isMarked)
    report("no-header", 1, "a byte order mark stands before TRT-<version>-<algorithm>: TensorRT writes none. Save the file without it.");
  else if (!match)
    report(
      "no-header",
      1,
      `the first line is ${JSON.stringify(header.slice(0, 80))}, not TRT-<version>-<algorithm>: TensorRT ignores such a file.`,
    );
  else if (!algorithms.has(match[2] ?? ""))
    report(
      "unknown-algorithm",
      1,
      `TensorRT has no calibrator that writes ${JSON.stringify(match[2]?.slice(0, 80))} (it has ${[...algorithms].join(", ")}): it ignores such a file, and a word corrected by hand says nothing about the scales.`,
    );
  const entries = readEntries(lines, match ? 1 : 0, report);
  if (entries.length === 0) report("no-entries", lines.length, "the cache holds no scale.");
  return {
    file,
    header: match && !isMarked ? header : "",
    isMarked,
    version: match?.[1],
    algorithm: match?.[2],
    scales: usableScales(entries, report),
    entries,
    problems,
  };
}

type Report = (kind: CacheProblemKind, line: number, sentence: string, name?: string) => void;

/** Names may hold `: ` themselves: the last one separates. */
function readEntries(lines: readonly string[], first: number, report: Report): CacheEntry[] {
  return lines.slice(first).flatMap((raw, index): CacheEntry[] => {
    const line = first + index + 1;
    const text = bare(raw);
    if (text === "") return [];
    const at = text.lastIndexOf(": ");
    const digits = text.slice(at + 2);
    // A scale above 7e-30 has all eight; TensorRT shortens zero alone.
    const isCut = digits.length < 8 && !/^0+$/.test(digits);
    if (at < 0 || isCut || !/^[0-9a-fA-F]{1,8}$/.test(digits)) {
      report("bad-line", line, `${JSON.stringify(text.slice(0, 80))} is not "<tensor>: <8 hex digits>".`);
      return [];
    }
    return [{ name: text.slice(0, at), scale: scaleOfHex(digits), line }];
  });
}

function usableScales(entries: readonly CacheEntry[], report: Report): Map<string, number> {
  const scales = new Map<string, number>();
  const seen = new Map<string, CacheEntry>();
  for (const entry of entries) {
    const { name, scale, line } = entry;
    const earlier = seen.get(name);
    if (earlier !== undefined) {
      const same = Object.is(earlier.scale, scale);
      const text = same
        ? `"${name}" stands in line ${earlier.line} already, with the same scale.`
        : `"${name}" has scale ${scale}, and ${earlier.scale} in line ${earlier.line}: which of them a tool takes is not known.`;
      report(same ? "duplicate" : "conflict", line, text, name);
      continue;
    }
    seen.set(name, entry);
    if (scale > 0 && Number.isFinite(scale)) scales.set(name, scale);
    else if (scale === 0)
      report("zero-scale", line, `"${name}" has scale 0: the tensor was always zero and counts as without a scale.`, name);
    else report("bad-scale", line, `"${name}" has scale ${scale}, which is no scale.`, name);
  }
  return scales;
}

const bare = (line: string): string => (line.endsWith("\r") ? line.slice(0, -1) : line);

/** Big-endian float32 bits. */
function scaleOfHex(digits: string): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, Number.parseInt(digits, 16));
  return view.getFloat32(0);
}

export interface CacheContent {
  readonly version: string;
  readonly algorithm: string;
  readonly scales: ReadonlyMap<string, number>;
}

/** Scales are rounded to float32; order is the map's. Writing what `parseCache` read gives the same bytes. Throws ConfigError for a name that would break the format. */
export function writeCache({ version, algorithm, scales }: CacheContent): string {
  const view = new DataView(new ArrayBuffer(4));
  const lines = [...scales].map(([name, scale]) => {
    if (/[\r\n]/.test(name))
      throw new ConfigError(
        `Tensor ${JSON.stringify(name)} has a line break in its name, which a calibration cache cannot hold. Rename it in the model.`,
      );
    view.setFloat32(0, scale);
    return `${name}: ${view.getUint32(0).toString(16).padStart(8, "0")}\n`;
  });
  return `TRT-${version}-${algorithm}\n${lines.join("")}`;
}

/** Algorithm word of the header: TensorRT reads a cache only when it names the calibrator in use, and there is no percentile calibrator. */
export const headerWord = { entropy: "EntropyCalibration2", minmax: "MinMaxCalibration", percentile: "EntropyCalibration2" } as const;

/** TensorRT release whose header is written when the user names none: 8.6.1, as recorded. */
export const defaultCacheVersion = "8601";

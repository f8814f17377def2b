/** The dated record of a hardware run: checks with pass or fail and the figure that decided, kept across calls that share one folder. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface CheckResult {
  readonly stage: string;
  readonly name: string;
  readonly pass: boolean;
  readonly figure: unknown;
  readonly wanted: string;
}
export interface GpuRecord {
  readonly schemaVersion: 1;
  date: string;
  machine: Record<string, unknown>;
  readonly checks: CheckResult[];
  readonly figures: Record<string, unknown>;
  /** Seconds each stage took. */
  readonly stages: Record<string, number>;
}

export interface Recorder {
  readonly record: GpuRecord;
  readonly recordings: string;
  check(stage: string, name: string, pass: boolean, figure: unknown, wanted: string): void;
  save(): void;
}

/** Goes on with `folder/record.json` where there is one. A check that ran before is replaced. `print` gets a line for each check. */
export function openRecord(folder: string, print: (line: string) => void): Recorder {
  const path = join(folder, "record.json");
  const recordings = join(folder, "recordings");
  mkdirSync(recordings, { recursive: true });
  const record: GpuRecord = existsSync(path)
    ? JSON.parse(readFileSync(path, "utf8"))
    : { schemaVersion: 1, date: new Date().toISOString(), machine: {}, checks: [], figures: {}, stages: {} };
  const save = () => writeFileSync(path, `${JSON.stringify(record, numbersAsText, 2)}\n`);
  return {
    record,
    recordings,
    check(stage, name, pass, figure, wanted) {
      const at = record.checks.findIndex((one) => one.stage === stage && one.name === name);
      record.checks.splice(at < 0 ? record.checks.length : at, at < 0 ? 0 : 1, { stage, name, pass, figure, wanted });
      print(`${pass ? "pass" : "FAIL"}  ${stage}: ${name} = ${JSON.stringify(figure, numbersAsText)} (${wanted})`);
      save();
    },
    save,
  };
}

/** JSON has no infinities and no NaN. */
const numbersAsText = (_: string, value: unknown): unknown =>
  typeof value === "number" && !Number.isFinite(value) ? String(value) : value;

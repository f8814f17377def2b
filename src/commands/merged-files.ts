/**
 * Brings the files of the parts beside the merged report: fixes, engines, the scripts that reproduce. A file that is not there, that leads elsewhere or, for an
 * engine, is not the one of the report, is left out; so are the commands of a report of foreign origin, which a comment of ours would offer to paste.
 */
import { dirname, join, resolve } from "node:path";
import { mostEngineBytes } from "../artifacts/engine-files.ts";
import type { Effects } from "../effects/effects.ts";
import { hashFile } from "../effects/file-hash.ts";
import { ownFile } from "../effects/own-file.ts";
import type { ModelReport, Report } from "../report/schema.ts";
import type { Part } from "./join-reports.ts";

/** `parts`: whose files may be used; none for reports of foreign origin. */
export async function keepFiles(report: Report, parts: readonly Part[], folder: string, effects: Effects): Promise<Report> {
  const engineBytes = { kept: 0 };
  const models: ModelReport[] = [];
  for (const model of report.models) {
    const home = parts.find((part) => part.report.models.includes(model));
    const carrier = new Carrier(home === undefined ? undefined : resolve(effects.cwd, dirname(home.path)), folder, effects);
    models.push({
      ...model,
      ...(model.fix === null ? {} : { fix: { ...model.fix, files: await carrier.those(model.fix.files) } }),
      ...(model.engines === undefined ? {} : { engines: await keepEngines(model.engines, carrier, engineBytes) }),
      reproduce: home === undefined ? [] : model.reproduce,
      advice: home === undefined ? model.advice.map(withoutCommand) : model.advice,
      reproduction: await keepReproduction(model.reproduction, carrier),
    });
  }
  return { ...report, models };
}

const withoutCommand = ({ evidence: { command: _, ...evidence }, ...advice }: ModelReport["advice"][number]) => ({ ...advice, evidence });

type Engine = NonNullable<ModelReport["engines"]>[number];

async function keepEngines(engines: readonly Engine[], carrier: Carrier, engineBytes: { kept: number }): Promise<Engine[]> {
  const kept: Engine[] = [];
  for (const engine of engines) {
    const { path, ...named } = engine;
    const why = path === undefined ? engine.why : await whyLeft(engine, path, carrier, engineBytes.kept);
    if (path !== undefined && why === undefined) engineBytes.kept += engine.sizeBytes;
    kept.push(path !== undefined && why === undefined ? engine : { ...named, ...(why === undefined ? {} : { why }) });
  }
  return kept;
}

/** Carries it where nothing speaks against it. */
async function whyLeft({ sha256, sizeBytes }: Engine, path: string, carrier: Carrier, before: number): Promise<string | undefined> {
  if (before + sizeBytes > mostEngineBytes) return `it would be more than ${mostEngineBytes / 2 ** 20} MiB of engines in this report`;
  const found = await carrier.hashOf(path);
  if (found === undefined) return "the share's report came without it";
  if (found !== sha256) return "the file beside the share's report is another one";
  await carrier.carry(path);
  return undefined;
}

/** Whole or not at all: a script without its files runs into the void. */
async function keepReproduction(reproduction: ModelReport["reproduction"], carrier: Carrier): Promise<ModelReport["reproduction"]> {
  const paths = reproduction === undefined ? [] : [reproduction.script, ...reproduction.files];
  for (const path of paths) if ((await carrier.hashOf(path)) === undefined) return undefined;
  for (const path of paths) await carrier.carry(path);
  return reproduction;
}

/** From the folder of one part's report into that of the merged one. Without a source nothing is there. */
class Carrier {
  readonly #from: string | undefined;
  readonly #to: string;
  readonly #files: Effects["files"];

  constructor(from: string | undefined, to: string, { files }: Effects) {
    this.#from = from;
    this.#to = to;
    this.#files = files;
  }

  /** Undefined for a file that may not be carried. */
  async hashOf(path: string): Promise<string | undefined> {
    const source = this.#from === undefined ? undefined : await ownFile(this.#from, path, this.#files);
    return source === undefined ? undefined : (await hashFile(source, this.#files)).sha256;
  }

  /** A path that `hashOf` answered for. */
  async carry(path: string): Promise<void> {
    if (this.#from === undefined) return;
    const [source, target] = [join(this.#from, path), join(this.#to, path)];
    if (source !== target) await this.#files.copy(source, target);
  }

  /** Those that are there, carried. */
  async those<T extends { readonly path: string }>(files: readonly T[]): Promise<T[]> {
    const kept: T[] = [];
    for (const file of files) {
      if ((await this.hashOf(file.path)) === undefined) continue;
      await this.carry(file.path);
      kept.push(file);
    }
    return kept;
  }
}

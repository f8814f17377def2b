/**
 * Spawns the committed bundle as the runner does: an empty environment plus the runner's variables, files for outputs, summary and state,
 * a real repository as the workspace and a loopback server as GitHub. `GATE_ENTRIES=src` spawns the sources
 * instead, for the inner loop; another folder there is a bundle built elsewhere.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Report, reportSchema } from "../../src/report/schema.ts";
import { type FakeGitHub, serverEnv, startGitHub } from "../fakes/github-server.ts";
import { makeRepository, type Repository } from "../fakes/repository.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const entries = resolve(root, process.env.GATE_ENTRIES ?? "dist");
const isSource = basename(entries) === "src";
/** What an action is made of beside its repository: the bundle under test; for sources the committed one. */
export const bundle = isSource ? join(root, "dist") : entries;

export interface Ended {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** stdout and stderr as the runner sees them. */
  readonly log: string;
  readonly stdout: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
  /** Undefined where none was written. */
  readonly report: Report | undefined;
  readonly state: Readonly<Record<string, string>>;
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Settles when the log holds this text; rejects when the child ends before. */
  says(text: string): Promise<void>;
}

export interface Workplace {
  readonly folder: string;
  readonly repository: Repository;
  readonly github: FakeGitHub;
  readonly runnerTemp: string;
  /** Variables for every later spawn. */
  readonly env: Record<string, string>;
  event(name: string, payload: object, sha: string): void;
  action(inputs?: Readonly<Record<string, string>>, env?: Readonly<Record<string, string>>): Started;
  command(args: readonly string[], env?: Readonly<Record<string, string>>): Started;
  post(state: Readonly<Record<string, string>>): Promise<Ended>;
  end(): Promise<void>;
}

/** `doorsFolder`: another copy of the bundle. */
export async function openWorkplace(doorsFolder?: (folder: string) => string): Promise<Workplace> {
  const folder = mkdtempSync(join(tmpdir(), "gate-dist-"));
  const home = doorsFolder?.(folder);
  const entry = (name: string): string =>
    home === undefined ? join(entries, `${name}.${isSource ? "ts" : "js"}`) : join(home, `${name}.js`);
  const repository = makeRepository(join(folder, "workspace"));
  const github = await startGitHub();
  const runnerTemp = join(folder, "runner-temp");
  mkdirSync(runnerTemp);
  const env: Record<string, string> = { ...runnerEnv(folder, repository.folder, runnerTemp), ...serverEnv(github) };
  let n = 0;
  const start = (script: string, args: readonly string[], more: Readonly<Record<string, string>>): Started => {
    const files = commandFiles(join(folder, `step-${++n}`));
    return launch([script, ...args], { ...env, ...files, ...more }, repository.folder, files);
  };
  return {
    folder,
    repository,
    github,
    runnerTemp,
    env,
    event: (name, payload, sha) => {
      writeFileSync(join(folder, "event.json"), JSON.stringify(payload));
      Object.assign(env, { GITHUB_EVENT_NAME: name, GITHUB_EVENT_PATH: join(folder, "event.json"), GITHUB_SHA: sha });
    },
    action: (inputs = {}, more = {}) =>
      start(entry("index"), [], { ...inputEnv({ "github-token": "t0ken", "job-key": "ci/gate/null", ...inputs }), ...more }),
    command: (args, more = {}) => start(entry("cli"), args, more),
    post: (state) =>
      start(entry("post"), [], Object.fromEntries(Object.entries(state).map(([name, value]) => [`STATE_${name}`, value]))).ended,
    end: async () => {
      // A test that failed half way leaves what it started: nobody else will end it.
      for (const pid of processesOf(env.RUNNER_TRACKING_ID ?? "")) process.kill(Number(pid), "SIGKILL");
      await github.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const runnerEnv = (folder: string, workspace: string, runnerTemp: string): Record<string, string> => ({
  PATH: process.env.PATH ?? "",
  HOME: folder,
  CI: "true",
  GITHUB_ACTIONS: "true",
  GITHUB_REPOSITORY: "o/r",
  GITHUB_RUN_ID: "20",
  GITHUB_RUN_ATTEMPT: "1",
  GITHUB_WORKSPACE: workspace,
  RUNNER_TEMP: runnerTemp,
  RUNNER_TOOL_CACHE: join(folder, "tool-cache"),
  RUNNER_ENVIRONMENT: "github-hosted",
  RUNNER_TRACKING_ID: `tracking-${folder.slice(-6)}`,
});

const inputEnv = (inputs: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]));

function commandFiles(folder: string): {
  GITHUB_OUTPUT: string;
  GITHUB_STEP_SUMMARY: string;
  GITHUB_STATE: string;
  GITHUB_ENV: string;
  GITHUB_PATH: string;
} {
  mkdirSync(folder, { recursive: true });
  const file = (name: string): string => {
    writeFileSync(join(folder, name), "");
    return join(folder, name);
  };
  return {
    GITHUB_OUTPUT: file("output"),
    GITHUB_STEP_SUMMARY: file("summary"),
    GITHUB_STATE: file("state"),
    GITHUB_ENV: file("env"),
    GITHUB_PATH: file("path"),
  };
}

function launch(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd: string,
  files: ReturnType<typeof commandFiles>,
): Started {
  const child = spawn(process.execPath, [...args], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  const waiting: { text: string; resolve: () => void }[] = [];
  let log = "";
  let stdout = "";
  const hear = (chunk: Buffer): void => {
    log += chunk.toString("utf8");
    for (const { text, resolve } of waiting) if (log.includes(text)) resolve();
  };
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString("utf8");
    hear(chunk);
  });
  child.stderr.on("data", hear);
  const ended = new Promise<Ended>((resolve) => {
    child.once("close", (exitCode, signal) => resolve({ exitCode, signal, log, stdout, ...readFiles(files, env, cwd) }));
  });
  const says = async (text: string): Promise<void> => {
    if (log.includes(text)) return;
    const heard = new Promise<true>((resolve) => waiting.push({ text, resolve: () => resolve(true) }));
    if ((await Promise.race([heard, ended])) !== true) throw new Error(`the run ended without saying ${JSON.stringify(text)}:\n${log}`);
  };
  return { child, ended, says };
}

function readFiles(
  files: ReturnType<typeof commandFiles>,
  env: Readonly<Record<string, string>>,
  cwd: string,
): Pick<Ended, "outputs" | "summary" | "report" | "state"> {
  const path = resolve(cwd, env["INPUT_REPORT-DIR"] ?? "trt-gate-report", "report.json");
  const parsed: unknown = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : undefined;
  return {
    outputs: pairs(readFileSync(files.GITHUB_OUTPUT, "utf8")),
    state: pairs(readFileSync(files.GITHUB_STATE, "utf8")),
    summary: readFileSync(files.GITHUB_STEP_SUMMARY, "utf8"),
    report: parsed === undefined ? undefined : reportSchema.parse(parsed),
  };
}

/** `name=value` and `name<<END … END`, as the runner reads them. */
export function pairs(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  const lines = text.split("\n");
  for (let i = 0; i < lines.length; i++) {
    const [, name = "", sign = "", rest = ""] = /^([^=<]+)(=|<<)(.*)$/.exec(lines[i] ?? "") ?? [];
    if (sign === "=") found[name] = rest;
    if (sign !== "<<") continue;
    const end = lines.indexOf(rest, i + 1);
    found[name] = lines.slice(i + 1, end).join("\n");
    i = end;
  }
  return found;
}

/** Processes whose environment holds this run's tracking id: what the runner would sweep as orphans. */
export function processesOf(trackingId: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const running = !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
        return running && readFileSync(`/proc/${pid}/environ`, "latin1").includes(`RUNNER_TRACKING_ID=${trackingId}\0`);
      } catch {
        return false;
      }
    });
}

/**
 * The two logs: workflow commands for a runner, plain lines on stderr for a terminal or another CI.
 * Both make every text inert first. Masks nothing by itself; the entry masks the token.
 */
import type { Log, Place } from "./effects.ts";
import { asTyped } from "./own-command.ts";
import { inertName, sanitizeLog } from "./sanitize-log.ts";
import { wrapped } from "./wrapped.ts";

/** So long a log that keeps its lines may be silent while a stage goes on. */
const quietMs = 30_000;
/** How often a terminal's line shows the time that has passed. */
const refreshMs = 1000;

/** A log that can make room for what others write. */
export interface OwnLog extends Log {
  /** Takes the progress line of a terminal away, and says no more of its stage: a result is about to be written. */
  clear(): void;
}

export interface LogTarget {
  /** How the user calls the gate and the folder that they are in: lines to run and paths are shown as they type them. */
  readonly command?: string;
  readonly cwd?: string;
  write(text: string): void;
  readonly isTerminal: boolean;
  monotonicMs(): number;
  readonly debug: boolean;
  /** Calls back again and again, and holds no process for it. Without it a stage is told of only when something happens in it. */
  every?(ms: number, tick: () => void): void;
}

/** Values of a workflow command: `%`, CR and LF always, `:` and `,` too inside properties (actions/toolkit core command.ts describes the same set). */
const data = (text: string) => text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
const property = (text: string) => data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");

/** Notices, warnings and errors are workflow commands, cut at 4,000 characters; everything else is a line. */
export function actionsLog(target: LogTarget): OwnLog {
  const stage = throttled(target, (text) => target.write(`${sanitizeLog(text)}\n`));
  const line = (text: string) => {
    stage.spoken();
    target.write(`${text}\n`);
  };
  const command = (name: string, text: string, place?: Place) => {
    const where = place
      ? Object.entries({ file: place.file, line: place.line, title: place.title })
          .flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${property(inertName(String(value)))}`]))
          .join(",")
      : "";
    line(`::${name}${where === "" ? "" : ` ${where}`}::${data(sanitizeLog(text).slice(0, 4000))}`);
  };
  return {
    info: (text) => line(sanitizeLog(text)),
    notice: (text, place) => command("notice", text, place),
    warning: (text, place) => command("warning", text, place),
    error: (text, place) => command("error", text, place),
    debug: (text) => command("debug", text),
    group: async (title, body) => {
      command("group", inertName(title));
      try {
        return await body();
      } finally {
        line("::endgroup::");
      }
    },
    progress: stage.progress,
    clear: stage.clear,
  };
}

/** Lines, sentences of a terminal in 80 columns. Progress rewrites one line of a terminal; elsewhere a stage that goes on is told every 30 s. */
export function plainLog(target: LogTarget): OwnLog {
  const stage = target.isTerminal
    ? rewritten(target)
    : throttled(target, (text) => target.write(`${sanitizeLog(asTyped(text, target))}\n`));
  const write = (text: string) => {
    stage.spoken();
    target.write(`${text}\n`);
  };
  const line = (text: string) => write(sanitizeLog(asTyped(text, target)));
  /** Of sentences only: a command to copy stays in one line. */
  const sentence = (text: string) => {
    const lines = sanitizeLog(asTyped(text, target)).split("\n");
    write((target.isTerminal ? lines.flatMap((each) => wrapped(each, "  ")) : lines).join("\n"));
  };
  /** A text that begins with its place, as the configuration's problems do, is not given it twice. */
  const placed = (text: string, place?: Place) => {
    const at = place ? `${place.file}${place.line === undefined ? "" : `:${place.line}`}: ` : "";
    return text.startsWith(at) ? text : `${at}${text}`;
  };
  return {
    info: line,
    notice: (text, place) => sentence(`note: ${placed(text, place)}`),
    warning: (text, place) => sentence(`warning: ${placed(text, place)}`),
    error: (text, place) => sentence(`error: ${placed(text, place)}`),
    debug: (text) => {
      if (target.debug) line(text);
    },
    group: async (title, body) => {
      line(`── ${inertName(title)}`);
      return await body();
    },
    progress: stage.progress,
    clear: stage.clear,
  };
}

const progressText = (target: LogTarget, stage: string, detail?: string) =>
  `[${(target.monotonicMs() / 1000).toFixed(1).padStart(5)} s] ${stage}${detail === undefined ? "" : `: ${detail}`}`;

/** How a log tells of the stage under way. */
interface StageTeller {
  readonly progress: Log["progress"];
  /** Another line is about to be written. */
  spoken(): void;
  clear(): void;
}

type Said = Parameters<Log["progress"]>;

/** One line that is rewritten, every second with the time that has passed. */
function rewritten(target: LogTarget): StageTeller {
  let shown: Said | undefined;
  let isOpen = false;
  const show = () => {
    if (shown === undefined) return;
    target.write(`\r\u001b[2K${inertName(progressText(target, ...shown)).slice(0, mostColumns)}`);
    isOpen = true;
  };
  const spoken = () => {
    if (isOpen) target.write("\r\u001b[2K");
    isOpen = false;
  };
  target.every?.(refreshMs, show);
  return {
    progress: (...said) => {
      shown = said;
      show();
    },
    spoken,
    clear: () => {
      shown = undefined;
      spoken();
    },
  };
}

/** A longer line would break, and what is rewritten is the last line alone. */
const mostColumns = 79;

/** A new stage shows at once; the same one, with the newest of its details, where nothing was written for `quietMs`. */
function throttled(target: LogTarget, write: (text: string) => void): StageTeller {
  let now: Said | undefined;
  let lastMs = Number.NEGATIVE_INFINITY;
  const tell = () => {
    if (now === undefined || target.monotonicMs() - lastMs < quietMs) return;
    lastMs = target.monotonicMs();
    write(progressText(target, ...now));
  };
  target.every?.(quietMs / 6, tell);
  return {
    progress: (...said) => {
      if (said[0] !== now?.[0]) lastMs = Number.NEGATIVE_INFINITY;
      now = said;
      tell();
    },
    spoken: () => {
      lastMs = target.monotonicMs();
    },
    clear: () => {
      now = undefined;
    },
  };
}

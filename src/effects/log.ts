/**
 * The two logs: workflow commands for a runner, plain lines on stderr for a terminal or another CI.
 * Both make every text inert first. Masks nothing by itself; the entry masks the token.
 */
import type { Log, Place } from "./effects.ts";
import { asTyped } from "./own-command.ts";
import { inertName, sanitizeLog } from "./sanitize-log.ts";
import { wrapped } from "./wrapped.ts";

const quietMs = 10_000;

export interface LogTarget {
  /** How the user calls the gate and the folder that they are in: lines to run and paths are shown as they type them. */
  readonly command?: string;
  readonly cwd?: string;
  write(text: string): void;
  readonly isTerminal: boolean;
  monotonicMs(): number;
  readonly debug: boolean;
}

/** Values of a workflow command: `%`, CR and LF always, `:` and `,` too inside properties (actions/toolkit core command.ts describes the same set). */
const data = (text: string) => text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
const property = (text: string) => data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");

/** Notices, warnings and errors are workflow commands, cut at 4,000 characters; everything else is a line. */
export function actionsLog(target: LogTarget): Log {
  const line = (text: string) => target.write(`${text}\n`);
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
    progress: throttled(target, (text) => line(sanitizeLog(text))),
  };
}

/** Lines, sentences of a terminal in 80 columns. Progress rewrites one line of a terminal; elsewhere a stage that goes on is told every 10 s at most. */
export function plainLog(target: LogTarget): Log {
  const rewrites = target.isTerminal;
  let open = false;
  const write = (text: string) => {
    target.write(`${open ? "\r\u001b[2K" : ""}${text}\n`);
    open = false;
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
    progress: rewrites
      ? (stage, detail) => {
          target.write(`\r\u001b[2K${inertName(progressText(target, stage, detail)).slice(0, 160)}`);
          open = true;
        }
      : throttled(target, line),
  };
}

const progressText = (target: LogTarget, stage: string, detail?: string) =>
  `[${(target.monotonicMs() / 1000).toFixed(1).padStart(5)} s] ${stage}${detail === undefined ? "" : `: ${detail}`}`;

/** A new stage shows at once, the same stage at most every 10 s. */
function throttled(target: LogTarget, write: (text: string) => void): Log["progress"] {
  let lastStage = "";
  let lastMs = Number.NEGATIVE_INFINITY;
  return (stage, detail) => {
    const now = target.monotonicMs();
    if (stage === lastStage && now - lastMs < quietMs) return;
    lastStage = stage;
    lastMs = now;
    write(progressText(target, stage, detail));
  };
}

import { describe, expect, it } from "vitest";
import { actionsLog, plainLog } from "../../../src/effects/log.ts";

function captured(isTerminal = false) {
  let text = "";
  let nowMs = 0;
  const ticks: { readonly ms: number; readonly tick: () => void }[] = [];
  const target = {
    every: (ms: number, tick: () => void) => void ticks.push({ ms, tick }),
    write: (more: string) => {
      text += more;
    },
    isTerminal,
    monotonicMs: () => nowMs,
    debug: false,
  };
  return {
    target,
    text: () => text,
    wait: (ms: number) => {
      nowMs += ms;
    },
    /** As timers would run meanwhile. */
    pass: (seconds: number) => {
      for (let second = 0; second < seconds; second++) {
        nowMs += 1000;
        for (const { ms, tick } of ticks) if (nowMs % ms === 0) tick();
      }
    },
  };
}

describe("the log of an action", () => {
  it("closes a group when its body throws", async () => {
    const { target, text } = captured();
    await expect(
      actionsLog(target).group("prepare", async () => {
        throw new Error("x");
      }),
    ).rejects.toThrow("x");
    expect(text()).toBe("::group::prepare\n::endgroup::\n");
  });

  it("prints a stage once and again only after thirty seconds", () => {
    const { target, text, wait } = captured();
    const log = actionsLog(target);
    log.progress("run", "1 of 9");
    log.progress("run", "2 of 9");
    wait(30_000);
    log.progress("run", "3 of 9");
    log.progress("judge");
    expect(text().trim().split("\n")).toHaveLength(3);
  });
});

describe.each([
  ["an action", actionsLog],
  ["another CI", plainLog],
])("the log of %s", (_, logOf) => {
  it("tells of a stage in which nothing happens every thirty seconds, with the newest of its details, and not after its end", () => {
    const { target, text, pass } = captured();
    const log = logOf(target);
    log.progress("a: search");
    log.progress("a: search", "probe 2");
    pass(65);
    log.info("Found.");
    pass(29);
    log.clear();
    pass(100);
    expect(text()).toBe("[  0.0 s] a: search\n[ 30.0 s] a: search: probe 2\n[ 60.0 s] a: search: probe 2\nFound.\n");
  });
});

describe("the log of a terminal", () => {
  it("shows each second that goes by in one line of at most 79 columns, and makes room for a result", () => {
    const { target, text, pass } = captured(true);
    const log = plainLog(target);
    log.progress("a: search", "x".repeat(200));
    pass(2);
    log.clear();
    pass(5);
    const shown = text().split("\r\u001b[2K");
    expect(shown.map((line) => line.slice(0, 20))).toEqual([
      "",
      "[  0.0 s] a: search:",
      "[  1.0 s] a: search:",
      "[  2.0 s] a: search:",
      "",
    ]);
    expect(Math.max(...shown.map((line) => line.length))).toBe(79);
    expect(text()).not.toContain("\n");
  });

  it("rewrites the progress line and clears it before the next line", () => {
    const { target, text } = captured(true);
    const log = plainLog(target);
    log.progress("run", "1");
    log.info("done");
    expect(text()).toBe("\r\u001b[2K[  0.0 s] run: 1\r\u001b[2Kdone\n");
  });

  it("breaks sentences at 80 columns, and neither commands nor the lines of another log", () => {
    const long = `Found ${"words ".repeat(30)}end.`;
    const told = (isTerminal: boolean) => {
      const { target, text } = captured(isTerminal);
      plainLog(target).warning(long);
      plainLog(target).info(long);
      return text().trimEnd().split("\n");
    };
    const lines = told(true);
    expect(lines.slice(0, -1).filter((line) => line.length > 80 || line.length < 60)).toEqual([lines.at(-2)]);
    expect(
      lines
        .slice(0, -1)
        .map((line) => line.trim())
        .join(" "),
    ).toBe(`warning: ${long}`);
    expect(lines.at(-1)).toBe(long);
    expect(told(false)).toEqual([`warning: ${long}`, long]);
  });

  it("puts the place before a text, and not a second time before one that begins with it", () => {
    const { target, text } = captured();
    const log = plainLog(target);
    log.error("bad.yml:4: unknown key 'modls'", { file: "bad.yml", line: 4 });
    log.warning("too few samples", { file: "bad.yml", line: 4 });
    log.notice("no place");
    expect(text()).toBe("error: bad.yml:4: unknown key 'modls'\nwarning: bad.yml:4: too few samples\nnote: no place\n");
  });
});

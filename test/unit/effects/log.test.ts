import { describe, expect, it } from "vitest";
import { actionsLog, plainLog } from "../../../src/effects/log.ts";

function captured(isTerminal = false) {
  let text = "";
  let nowMs = 0;
  const target = {
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

  it("prints a stage once and again only after ten seconds", () => {
    const { target, text, wait } = captured();
    const log = actionsLog(target);
    log.progress("run", "1 of 9");
    log.progress("run", "2 of 9");
    wait(10_000);
    log.progress("run", "3 of 9");
    log.progress("judge");
    expect(text().trim().split("\n")).toHaveLength(3);
  });
});

describe("the log of a terminal", () => {
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

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { commentMarker, hasMarker, parseState, stateLine } from "../../../src/report/marker.ts";

describe("comment marker", () => {
  it("reads as the job key for an ordinary key", () => {
    expect(commentMarker("accuracy/check")).toBe("<!-- trt-gate v1 key=accuracy/check -->");
  });

  it("is one HTML comment on one line and differs for every two keys", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (a, b) => {
        expect(commentMarker(a)).toMatch(/^<!-- trt-gate v1 key=(?!.*--.* -->)[\w./%-]* -->$/);
        const [one, other] = [a.toWellFormed(), b.toWellFormed()];
        expect(commentMarker(one) === commentMarker(other)).toBe(one === other);
      }),
    );
  });

  it("is found on the first line only", () => {
    expect(hasMarker(`${commentMarker("a")}\ntext`, "a")).toBe(true);
    expect(hasMarker(`text\n${commentMarker("a")}`, "a")).toBe(false);
    expect(hasMarker(`${commentMarker("a--b")}\r\ntext`, "a--b")).toBe(true);
    expect(hasMarker(commentMarker("ab"), "a")).toBe(false);
  });

  it("gives back the state it wrote", () => {
    const state = { headSha: "8d3f1c0b", runId: "4242", runAttempt: 2 };
    expect(parseState(`${commentMarker("k")}\n${stateLine(state)}\n\ntext`)).toEqual(state);
    const told = { ...state, told: "problem" } as const;
    expect(parseState(`${commentMarker("k")}\n${stateLine(told)}`)).toEqual(told);
  });

  it("reads a state whose last word a later version made up", () => {
    const line = stateLine({ headSha: "a", runId: "1", runAttempt: 1, told: "pass" }).replace("told=pass", "told=other");
    expect(parseState(`${commentMarker("k")}\n${line}`)).toEqual({ headSha: "a", runId: "1", runAttempt: 1 });
  });

  it("reads no state from anything else", () => {
    for (const body of ["", "a\nb", `${stateLine({ headSha: "a", runId: "1", runAttempt: 1 })}`]) expect(parseState(body)).toBeUndefined();
  });

  it("cannot be ended by a value", () => {
    expect(stateLine({ headSha: "--><img>", runId: "", runAttempt: 1 })).toBe("<!-- trt-gate-state head=-img run=none attempt=1 -->");
  });
});

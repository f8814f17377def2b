import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inertName, sanitizeLog } from "../../../src/effects/sanitize-log.ts";
import { commandsIn } from "../../fakes/command-oracle.ts";
import { hostileNames } from "../../fakes/hostile-names.ts";

describe("inert", () => {
  it("proves that the oracle sees the commands it must see", () => {
    expect(commandsIn("::error::x\n  ::Warning file=a::y\nz ##[add-mask]q\nplain :: text")).toEqual(["error", "warning", "add-mask"]);
  });

  it.each(hostileNames.map((name) => [name.slice(0, 30), name]))("leaves no command and no control character in %j", (_, name) => {
    const text = sanitizeLog(name);
    expect(commandsIn(text)).toEqual([]);
    expect(text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
    expect(inertName(name)).not.toContain("\n");
  });

  it("never lets a command through, whatever the text", () => {
    const piece = fc.oneof(
      fc.constantFrom("::", "##[", "error", "]", "\r", "\n", "\u001b[1m", "\u200b", " ", "add-mask", ":"),
      fc.string(),
    );
    fc.assert(fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => commandsIn(sanitizeLog(pieces.join(""))).length === 0));
  });

  it("keeps ordinary text as it is and cuts a line at 4,096 characters", () => {
    expect(sanitizeLog("Conv_12: SQNR 20.5 dB — fine ✓\nnext")).toBe("Conv_12: SQNR 20.5 dB — fine ✓\nnext");
    expect(sanitizeLog("x".repeat(100_000))).toHaveLength(4096);
  });
});

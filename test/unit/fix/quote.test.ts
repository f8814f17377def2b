import { expect, it } from "vitest";
import { commentText } from "../../../src/fix/quote.ts";

it("writes a sentence of the report as ASCII for a comment, its minus as one", () => {
  expect(commentText("SQNR −14.95 dB of “y”\n")).toBe("SQNR -14.95 dB of \\u201cy\\u201d\\u000a");
});

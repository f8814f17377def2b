import { describe, expect, it } from "vitest";
import { chromiumPath } from "./browser.ts";

describe("finding a browser", () => {
  it("says what to install when the named one is not there", () => {
    expect(() => chromiumPath({ CHROMIUM_PATH: "/nowhere/chromium" })).toThrow("No Chromium at /nowhere/chromium. Install one");
  });
});

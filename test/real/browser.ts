/** Headless Chromium of this machine. `CHROMIUM_PATH` names another one; without any, the test fails and says what to install. */
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";
import { browsers, chromiumOf } from "../support/browsers.ts";

export function chromiumPath(env: Readonly<Record<string, string | undefined>>): string {
  const found = chromiumOf(env, existsSync);
  if (found === undefined || !existsSync(found)) {
    throw new Error(`No Chromium at ${found ?? browsers.join(", ")}. Install one (apt-get install chromium) or set CHROMIUM_PATH to it.`);
  }
  return found;
}

export const startBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: chromiumPath(process.env),
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
    ],
  });

/** Where the packages of browsers put them. */
export const browsers: readonly string[] = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** `CHROMIUM_PATH` comes first, be it there or not; undefined where there is none. */
export const chromiumOf = (env: Readonly<Record<string, string | undefined>>, exists: (path: string) => boolean): string | undefined =>
  env.CHROMIUM_PATH ?? browsers.find(exists);

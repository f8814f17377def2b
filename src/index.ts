/** The launcher of the action. It imports nothing that a damaged dist/ could lack: a failed load is the gate's fault (exit 5), never Node's 1, which means regression. */

const loaded = await import("./action.ts").catch((error: unknown) => {
  const why = (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, " ");
  process.stdout.write(
    `::error::trt-gate could not be loaded (${why}): its dist/ is damaged or incomplete; use a released version of the action.\n`,
  );
  process.exitCode = 5;
});
await loaded?.runActionProcess();

export {};

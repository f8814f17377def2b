/**
 * The entry after the step, also after a cancelled one: removes what the run wrote down that it made. Uploads nothing and never fails the job, not even
 * where dist/ is damaged: it imports nothing before it catches.
 */
try {
  const [{ sanitizeLog }, { cleanUp, stateName }] = await Promise.all([
    import("./effects/sanitize-log.ts"),
    import("./github/post-state.ts"),
  ]);
  const { env } = process;
  for (const name of await cleanUp(env[`STATE_${stateName}`], env.RUNNER_TEMP)) process.stdout.write(`${sanitizeLog(`Removed ${name}`)}\n`);
} catch (error) {
  const why = (error instanceof Error ? error.message : String(error)).replaceAll(/[^\x20-\x7e]+/g, " ");
  process.stdout.write(`Not everything could be removed: ${why}\n`);
}

export {};

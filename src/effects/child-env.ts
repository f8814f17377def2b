/**
 * The environment of a child: an allow-list, so that no token, input or interpreter switch reaches code we start.
 * RUNNER_TRACKING_ID stays, since the runner's sweep of orphans looks for it (actions/runner JobExtension.cs).
 */

const kept = new Set([
  "PATH",
  "HOME",
  "USER",
  "LOGNAME",
  "LANG",
  "TZ",
  "TMPDIR",
  "TEMP",
  "TMP",
  "LD_LIBRARY_PATH",
  "RUNNER_TRACKING_ID",
  "SYSTEMROOT",
  "COMSPEC",
  "PATHEXT",
  "XDG_RUNTIME_DIR",
]);
const keptPrefixes = ["LC_", "CUDA_", "NVIDIA_"];

/** Keeps the allowed variables of `env` and adds `extra` on top. */
export function childEnv(
  env: Readonly<Record<string, string | undefined>>,
  extra: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const allowed = Object.entries(env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && (kept.has(entry[0].toUpperCase()) || keptPrefixes.some((prefix) => entry[0].startsWith(prefix))),
  );
  return { ...Object.fromEntries(allowed), ...extra };
}

/** For Python: safe path, no user site, no bytecode beside foreign sources, unbuffered UTF-8, and no usage data sent by its ONNX Runtime. */
export const pythonEnv = (
  env: Readonly<Record<string, string | undefined>>,
  extra: Readonly<Record<string, string>> = {},
): Record<string, string> =>
  childEnv(env, {
    PYTHONSAFEPATH: "1",
    PYTHONNOUSERSITE: "1",
    PYTHONDONTWRITEBYTECODE: "1",
    PYTHONUNBUFFERED: "1",
    PYTHONIOENCODING: "utf-8",
    ORT_DISABLE_TELEMETRY: "1",
    ...extra,
  });

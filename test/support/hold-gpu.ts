/** Another process that holds the lock of a GPU until it is killed. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export interface Holder {
  readonly pid: number;
  /** Outright: it can release nothing. */
  kill(): Promise<void>;
}

/** Settles when the lock in `folder` is held. */
export async function holdGpu(uuid: string, folder: string): Promise<Holder> {
  const source = fileURLToPath(new URL("../../src/effects/gpu-lock.ts", import.meta.url));
  const script = `import { lockGpu } from ${JSON.stringify(source)};
const effects = { env: {}, cancelled: new AbortController().signal, clock: { monotonicMs: () => performance.now(), sleep: async () => {} }, log: { progress() {} } };
await lockGpu("${uuid}", effects, { waitMs: 0, folder: process.argv[1] });
console.log("held");
setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script, folder], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  return {
    pid: child.pid ?? 0,
    kill: async () => {
      child.kill("SIGKILL");
      await once(child, "close");
    },
  };
}

/** A gate in the middle of a build, to be killed: `node hold-worker.ts PYTHON MODEL FOLDER`. Prints `building` once the worker was asked. */
import { join } from "node:path";
import { realClock } from "../../src/effects/clock.ts";
import { realExec } from "../../src/effects/exec.ts";
import { realFiles } from "../../src/effects/files.ts";
import { buildSchema, nothingSchema } from "../../src/lanes/tensorrt/protocol.ts";
import { Worker } from "../../src/lanes/tensorrt/worker.ts";

const [python = "", model = "", folder = ""] = process.argv.slice(2);
const silent = () => {};
const worker = new Worker(
  {
    exec: realExec({ runId: "hold-worker", cancelled: new AbortController().signal }),
    files: realFiles(undefined, {} as never),
    clock: realClock,
    env: process.env,
    log: { debug: silent } as never,
  } as never,
  python,
);
const ask = (op: string, body: object, reads: typeof buildSchema | typeof nothingSchema) =>
  worker.request({ op, body: { ...body }, reads: reads as never, timeoutMs: 60_000, doing: op });
const shape = [1, 3, 48, 192];
await ask(
  "load",
  { network: "n", model, typed: false, shapes: { x: { min: shape, opt: shape, max: shape } }, describe: join(folder, "n.json") },
  nothingSchema,
);
const built = ask("build", { network: "n", engine: "e", fp16: true, int8: false, marks: [] }, buildSchema);
process.stdout.write("building\n");
await built;

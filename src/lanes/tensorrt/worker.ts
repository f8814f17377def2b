/**
 * One long-lived Python worker: a request at a time, each with a deadline; a crash, a hang or a lie is a ToolError with the last lines.
 * After the first death the next request starts a second worker (all networks and engines are gone then: `generation` tells); there is no third.
 */
import type { z } from "zod";
import { pythonEnv } from "../../effects/child-env.ts";
import type { Child, Effects } from "../../effects/effects.ts";
import { ToolError } from "../../effects/failure.ts";
import { pythonFile } from "../../effects/python-files.ts";
import { type Hello, helloSchema, nothingSchema, parseMessage, type WorkerMessage } from "./protocol.ts";
import { failureFromEnd, failureFromWorker } from "./worker-failure.ts";

const tailLines = 200;
const helloMs = 180_000;
const lifetimeMs = 24 * 3_600_000;
const mostStarts = 2;

export interface WorkerRequest<T> {
  readonly op: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly reads: z.ZodType<T>;
  readonly timeoutMs: number;
  /** For messages: "building the INT8 engine". */
  readonly doing: string;
}

export interface Worker {
  /** What the worker said of itself; starts it when it is not running. */
  hello(): Promise<Hello>;
  request<T>(request: WorkerRequest<T>): Promise<T>;
  /** Counts starts: a value that changed means that the worker's networks and engines are gone. */
  generation(): number;
  readonly tail: () => readonly string[];
  /** Ends the worker and waits until it is gone, and with it the GPU memory it held. */
  close(): Promise<void>;
}

interface Running {
  readonly child: Child;
  readonly lines: AsyncIterator<string>;
  readonly hello: Hello;
}

export function makeWorker(effects: Effects, python: string, script = "worker.py"): Worker {
  const tail: string[] = [];
  const keep = (line: string) => {
    tail.push(line);
    if (tail.length > tailLines) tail.shift();
  };
  let running: Running | undefined;
  let starts = 0;
  let lastId = 0;
  let queue: Promise<unknown> = Promise.resolve();

  const spawn = async (): Promise<Child> =>
    effects.exec.start({
      file: python,
      args: [await pythonFile(script, effects.files)],
      env: pythonEnv(effects.env, { CUDA_MODULE_LOADING: "LAZY" }),
      timeoutMs: lifetimeMs,
      onLine: (line, stream) => stream === "stderr" && keep(line),
    });

  const ready = async (): Promise<Running> => {
    if (running !== undefined) return running;
    if (starts >= mostStarts) {
      throw new ToolError("worker-failed", "The TensorRT worker died twice and is not started again. Look at its last lines.", [...tail]);
    }
    starts += 1;
    const child = await spawn();
    const lines = child.lines[Symbol.asyncIterator]();
    const hello = await ask(child, lines, {
      op: "hello",
      body: {},
      reads: helloSchema,
      timeoutMs: helloMs,
      doing: "Starting the TensorRT worker",
    });
    running = { child, lines, hello };
    return running;
  };

  const ask = async <T>(child: Child, lines: AsyncIterator<string>, request: WorkerRequest<T>): Promise<T> => {
    const id = ++lastId;
    const limit = new AbortController();
    const late = effects.clock.sleep(request.timeoutMs, limit.signal).then(
      () => "late" as const,
      () => "answered" as const,
    );
    try {
      // A worker that is gone cannot be written to: reading its end says why.
      await child.writeLine(JSON.stringify({ ...request.body, op: request.op, id })).catch(() => undefined);
      for (;;) {
        const next = await Promise.race([lines.next(), late]);
        if (next === "late") throw await stopLate(child, request);
        if (next === "answered" || next.done === true) throw failureFromEnd(await child.ended, request.doing, [...tail]);
        const message = parseMessage(next.value);
        if (message === undefined) throw await stopBroken(child, request.doing, next.value);
        const answer = take(message, id);
        if (answer === undefined) continue;
        if (!answer.ok) throw failureFromWorker(answer.error, request.doing);
        return readAnswer(request, answer.result);
      }
    } finally {
      limit.abort();
    }
  };

  const take = (message: WorkerMessage, id: number) => {
    if ("id" in message) return message.id === id ? message : undefined;
    if (message.event === "log") {
      keep(`[${message.level ?? "info"}] ${message.text ?? ""}`);
      effects.log.debug(`TensorRT: ${message.text ?? ""}`);
    }
    return undefined;
  };

  const readAnswer = <T>(request: WorkerRequest<T>, result: unknown): T => {
    const read = request.reads.safeParse(result);
    if (!read.success)
      throw new ToolError("worker-failed", `${request.doing}: the worker's answer is not of the expected form. Install the gate again.`, [
        ...tail,
      ]);
    return read.data;
  };

  const stopLate = async (child: Child, request: WorkerRequest<unknown>) => {
    running = undefined;
    await child.stop();
    const seconds = Math.round(request.timeoutMs / 1000);
    return new ToolError("timeout", `${request.doing} took longer than ${seconds} s and was stopped. Raise 'timeout-minutes'.`, [...tail]);
  };

  const stopBroken = async (child: Child, doing: string, line: string) => {
    running = undefined;
    await child.stop();
    return new ToolError(
      "worker-failed",
      `${doing}: the worker printed a line that is no message: ${line.slice(0, 200)}. Install the gate again.`,
      [...tail],
    );
  };

  /** One at a time: a second caller waits for the first one's answer. */
  const inTurn = <T>(body: () => Promise<T>): Promise<T> => {
    const turn = queue.then(body, body);
    queue = turn.catch(() => undefined);
    return turn;
  };

  const request = <T>(wanted: WorkerRequest<T>): Promise<T> =>
    inTurn(async () => {
      const { child, lines } = await ready();
      try {
        return await ask(child, lines, wanted);
      } catch (error) {
        if (await isGone(child)) running = undefined;
        throw error;
      }
    });

  return {
    hello: () => inTurn(async () => (await ready()).hello),
    request,
    generation: () => starts,
    tail: () => [...tail],
    close: async () => {
      const now = running;
      running = undefined;
      starts = mostStarts;
      if (now === undefined) return;
      await ask(now.child, now.lines, {
        op: "close",
        body: {},
        reads: nothingSchema,
        timeoutMs: 5000,
        doing: "Ending the TensorRT worker",
      }).catch(() => undefined);
      await now.child.stop();
    },
  };
}

/** A dead child's `ended` has settled by the time its lines end. */
const isGone = (child: Child): Promise<boolean> =>
  Promise.race([child.ended.then(() => true), new Promise<boolean>((resolve) => setImmediate(() => resolve(false)))]);

/**
 * One long-lived Python worker: a request at a time, each with a deadline; a crash, a hang or a lie is a ToolError with the last lines.
 * After the first death the next request starts a second worker (all networks and engines are gone then: `generation` tells); there is no third.
 */
import { pythonEnv } from "../../effects/child-env.ts";
import type { Child, Effects } from "../../effects/effects.ts";
import { ToolError } from "../../effects/failure.ts";
import { pythonFile } from "../../effects/python-files.ts";
import { Conversation, type WorkerRequest } from "./conversation.ts";
import { type Hello, helloSchema, nothingSchema } from "./protocol.ts";

export type { WorkerRequest };

const tailLines = 200;
const helloMs = 180_000;
const lifetimeMs = 24 * 3_600_000;
const mostStarts = 2;

export interface WorkerOptions {
  readonly device?: Readonly<Record<string, string>>;
  readonly script?: string;
}

interface Running {
  readonly conversation: Conversation;
  readonly hello: Hello;
}

export class Worker {
  readonly #effects: Effects;
  readonly #python: string;
  readonly #script: string;
  readonly #device: Readonly<Record<string, string>>;
  readonly #tail: string[] = [];
  #running: Running | undefined;
  #starts = 0;
  #queue: Promise<unknown> = Promise.resolve();

  /** `device`: variables that make CUDA use one GPU (gpu.ts). */
  constructor(effects: Effects, python: string, { device = {}, script = "worker.py" }: WorkerOptions = {}) {
    this.#device = device;
    this.#effects = effects;
    this.#python = python;
    this.#script = script;
  }

  /** What the worker said of itself; starts it when it is not running. */
  hello(): Promise<Hello> {
    return this.#inTurn(async () => (await this.#ready()).hello);
  }

  request<T>(wanted: WorkerRequest<T>): Promise<T> {
    return this.#inTurn(async () => {
      const { conversation } = await this.#ready();
      try {
        return await conversation.ask(wanted);
      } catch (error) {
        if (await conversation.isOver()) this.#running = undefined;
        throw error;
      }
    });
  }

  /** Counts starts: a value that changed means that the worker's networks and engines are gone. */
  generation(): number {
    return this.#starts;
  }

  tail(): readonly string[] {
    return [...this.#tail];
  }

  /** Ends the worker and waits until it is gone, and with it the GPU memory it held. Nothing starts it again. */
  async close(): Promise<void> {
    const now = this.#running;
    this.#running = undefined;
    this.#starts = mostStarts;
    if (now === undefined) return;
    const close = { op: "close", body: {}, reads: nothingSchema, timeoutMs: 5000, doing: "Ending the TensorRT worker" };
    await now.conversation.ask(close).catch(() => undefined);
    await now.conversation.stop();
  }

  async #ready(): Promise<Running> {
    if (this.#running !== undefined) return this.#running;
    if (this.#starts >= mostStarts) {
      const message = "The TensorRT worker died twice and is not started again. Correct what its last lines name.";
      throw new ToolError("worker-failed", message, this.tail());
    }
    this.#starts += 1;
    const conversation = new Conversation(await this.#spawn(), this.#effects.clock, {
      onLog: (level, text) => {
        this.#keep(`[${level}] ${text}`);
        this.#effects.log.debug(`TensorRT: ${text}`);
      },
      tail: () => this.#tail,
    });
    const request = { op: "hello", body: {}, reads: helloSchema, timeoutMs: helloMs, doing: "Starting the TensorRT worker" };
    try {
      this.#running = { conversation, hello: await conversation.ask(request) };
    } catch (error) {
      await conversation.stop();
      throw error;
    }
    return this.#running;
  }

  async #spawn(): Promise<Child> {
    const { exec, files, env } = this.#effects;
    return exec.start({
      file: this.#python,
      args: [await pythonFile(this.#script, files)],
      env: pythonEnv(env, { CUDA_MODULE_LOADING: "LAZY", CUDA_DEVICE_ORDER: "PCI_BUS_ID", ...this.#device }),
      timeoutMs: lifetimeMs,
      onLine: (line, stream) => stream === "stderr" && this.#keep(line),
    });
  }

  #keep(line: string): void {
    this.#tail.push(line);
    if (this.#tail.length > tailLines) this.#tail.shift();
  }

  /** One at a time: a second caller waits for the first one's answer. */
  #inTurn<T>(body: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(body, body);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }
}

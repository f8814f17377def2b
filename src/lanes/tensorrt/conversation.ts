/** Talk with one running worker: a request, its answer within a time limit, and what a silent, broken or lying worker means. Starts none. */
import type { z } from "zod";
import type { Child, Clock } from "../../effects/effects.ts";
import { ToolError } from "../../effects/failure.ts";
import { parseMessage, type WorkerMessage } from "./protocol.ts";
import { failureFromEnd, failureFromWorker } from "./worker-failure.ts";

export interface WorkerRequest<T> {
  readonly op: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly reads: z.ZodType<T>;
  readonly timeoutMs: number;
  /** For messages: "building the INT8 engine". */
  readonly doing: string;
}

export interface Listener {
  /** One event of TensorRT's log. */
  onLog(level: string, text: string): void;
  /** Last lines, for failures. */
  tail(): readonly string[];
}

type Answer = Extract<WorkerMessage, { readonly id: number }>;

export class Conversation {
  readonly #child: Child;
  readonly #lines: AsyncIterator<string>;
  readonly #clock: Clock;
  readonly #listener: Listener;
  #lastId = 0;

  constructor(child: Child, clock: Clock, listener: Listener) {
    this.#child = child;
    this.#lines = child.lines[Symbol.asyncIterator]();
    this.#clock = clock;
    this.#listener = listener;
  }

  /** One at a time. ToolError or ConfigError for everything but the answer asked for; the worker is stopped where it is late or no worker of ours. */
  async ask<T>(request: WorkerRequest<T>): Promise<T> {
    const id = ++this.#lastId;
    const limit = new AbortController();
    const late = this.#clock.sleep(request.timeoutMs, limit.signal).then(
      () => "late" as const,
      () => "answered" as const,
    );
    try {
      // A worker that is gone cannot be written to: reading its end says why.
      await this.#child.writeLine(JSON.stringify({ ...request.body, op: request.op, id })).catch(() => undefined);
      for (;;) {
        const answer = await this.#next(id, late, request);
        if (answer !== undefined) return this.#read(request, answer);
      }
    } finally {
      limit.abort();
    }
  }

  /** True where the process has ended: a dead child's `ended` has settled by the time its lines end. */
  async isOver(): Promise<boolean> {
    const soon = new Promise<boolean>((resolve) => setImmediate(() => resolve(false)));
    return await Promise.race([this.#child.ended.then(() => true), soon]);
  }

  stop(): Promise<unknown> {
    return this.#child.stop();
  }

  /** Undefined for a line that is not the answer: a log event, or the answer to an earlier request. */
  async #next(id: number, late: Promise<"late" | "answered">, request: WorkerRequest<unknown>): Promise<Answer | undefined> {
    const next = await Promise.race([this.#lines.next(), late]);
    if (next === "late") throw await this.#stopLate(request);
    if (next === "answered" || next.done === true) throw failureFromEnd(await this.#child.ended, request.doing, [...this.#listener.tail()]);
    const message = parseMessage(next.value);
    if (message === undefined) throw await this.#stopBroken(request, next.value);
    if ("id" in message) return message.id === id ? message : undefined;
    if (message.event === "log") this.#listener.onLog(message.level ?? "info", message.text ?? "");
    return undefined;
  }

  #read<T>(request: WorkerRequest<T>, answer: Answer): T {
    if (!answer.ok) throw failureFromWorker(answer.error, request.doing);
    const read = request.reads.safeParse(answer.result);
    if (read.success) return read.data;
    throw this.#failed(`${request.doing}: the worker's answer is not of the expected form. Install the gate again.`);
  }

  async #stopLate(request: WorkerRequest<unknown>): Promise<ToolError> {
    await this.#child.stop();
    const seconds = Math.round(request.timeoutMs / 1000);
    const message = `${request.doing} took longer than ${seconds} s and was stopped. Raise 'timeout-minutes'.`;
    return new ToolError("timeout", message, [...this.#listener.tail()]);
  }

  async #stopBroken(request: WorkerRequest<unknown>, line: string): Promise<ToolError> {
    await this.#child.stop();
    return this.#failed(`${request.doing}: the worker printed a line that is no message: ${line.slice(0, 200)}. Install the gate again.`);
  }

  #failed(message: string): ToolError {
    return new ToolError("worker-failed", message, [...this.#listener.tail()]);
  }
}

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lockGpu } from "../../../src/effects/gpu-lock.ts";
import { type RunEffects, runEffects } from "../../fakes/run-effects.ts";
import { holdGpu } from "../../support/hold-gpu.ts";

const uuid = "GPU-1234";
let effects: RunEffects;
beforeEach(async () => {
  effects = await runEffects();
});
afterEach(() => effects.end());

const folder = () => join(effects.folder, "locks");
const lock = (waitMs: number) => lockGpu(uuid, effects, { waitMs, folder: folder() });
const path = () => join(folder(), `trt-gate-${uuid}.lock`);
const files = () => readdirSync(folder());

describe("the lock of a GPU", () => {
  it("is held by one of many at a time and leaves no file behind", async () => {
    let [holders, most, turns] = [0, 0, 0];
    const turn = async (): Promise<void> => {
      const held = await lock(60_000);
      most = Math.max(most, ++holders);
      turns++;
      await new Promise((resolve) => setTimeout(resolve, 2));
      holders--;
      await held.release();
    };
    await Promise.all(Array.from({ length: 20 }, turn));
    expect([most, turns]).toEqual([1, 20]);
    expect(files()).toEqual([]);
  });

  it("is refused as gpu-busy, with the holder's process, while another run lives", async () => {
    const other = await holdGpu(uuid, folder());
    await expect(lock(0)).rejects.toMatchObject({
      name: "ToolError",
      reason: "gpu-busy",
      message: expect.stringContaining(String(other.pid)),
    });
    expect(files()).toEqual([`trt-gate-${uuid}.lock`]);
    await other.kill();
  });

  it.each([
    { what: "of an earlier boot", change: { bootId: "another" } },
    { what: "whose number another process has by now", change: { startTicks: "1" } },
  ])("is taken over from a process $what", async ({ change }) => {
    const first = await lock(0);
    const holder: object = JSON.parse(readFileSync(path(), "utf8"));
    writeFileSync(path(), JSON.stringify({ ...holder, token: "other", ...change }));
    const second = await lock(0);
    await first.release();
    expect(files()).toEqual([`trt-gate-${uuid}.lock`]);
    await second.release();
    expect(files()).toEqual([]);
  });

  it("is the machine's fault where its folder cannot be made", async () => {
    writeFileSync(folder(), "a file");
    await expect(lock(0)).rejects.toMatchObject({ name: "ToolError", reason: "file-system", message: expect.stringContaining(folder()) });
  });

  it("is taken over where its file is damaged", async () => {
    await (await lock(0)).release();
    writeFileSync(path(), '{"pid": ');
    await (await lock(0)).release();
    expect(files()).toEqual([]);
  });

  it("ends one stale lock for many that find it, one after the other", async () => {
    const other = await holdGpu(uuid, folder());
    await other.kill();
    const order: number[] = [];
    await Promise.all(
      Array.from({ length: 10 }, async (_, i) => {
        const held = await lock(60_000);
        order.push(i);
        const length = order.length;
        await new Promise((resolve) => setTimeout(resolve, 2));
        expect(order).toHaveLength(length);
        await held.release();
      }),
    );
    expect(order).toHaveLength(10);
    expect(files()).toEqual([]);
  });
});

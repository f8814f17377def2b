/** What judging holds in memory: one sample's tensors at a time, however many samples there are. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { judgeOutputs } from "../../../src/evaluate/outputs.ts";
import type { Engine } from "../../../src/model/engine.ts";
import { plainCandidate } from "../../../src/model/unit.ts";
import { makeProbe } from "../../../src/probes/probe.ts";
import { splitSamples } from "../../../src/search/sample-split.ts";
import { fakeClock } from "../../fakes/clock.ts";
import { fakeLane, tensor } from "../../fakes/lane.ts";
import { entryOf } from "../../fakes/settings.ts";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

/** Counts, while each sample is given, how many tensors of earlier samples are still reachable. */
function watchedLane() {
  const alive: WeakRef<object>[] = [];
  const counts: number[] = [];
  const lane = fakeLane({ output: () => ({ reference: undefined, candidate: undefined }) });
  async function* outputs(samples: readonly number[]) {
    for (const sample of samples) {
      // References are dropped at the end of a job, not of a statement.
      await new Promise((resolve) => setImmediate(resolve));
      collectGarbage();
      counts.push(alive.filter((ref) => ref.deref() !== undefined).length);
      const [reference, candidate] = [tensor("y", [1, -2, sample]), tensor("y", [1, -2, sample + 0.01])];
      alive.push(new WeakRef(reference.data), new WeakRef(candidate.data));
      yield { sample, tensor: "y", role: "output" as const, reference, candidate };
    }
  }
  const build = async (): Promise<Engine> => ({ ...(await lane.build(plainCandidate)), outputs });
  return { lane: { ...lane, build }, counts };
}

const judging = { entry: entryOf("tolerance: {sqnr-db: {fail: 20}}"), seed: 1, today: "2026-11-24" };

it("is one sample while the plain candidate is judged, and while a probe is", async () => {
  const { lane, counts } = watchedLane();
  await judgeOutputs({ ...judging, lane }, await lane.build(), [0, 1, 2, 3, 4, 5, 6, 7]);
  const probe = makeProbe(
    { ...judging, lane },
    splitSamples(
      Array.from({ length: 16 }, (_, i) => `sample ${i}`),
      { seed: 1 },
    ),
    fakeClock(),
  );
  await probe(new Set(), "all");
  expect(counts).toHaveLength(24);
  expect(Math.max(...counts)).toBeLessThanOrEqual(4);
});

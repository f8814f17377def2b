/** What the report says of the machine and the run. Tool versions come from the lanes that used them. */
import { type RunEvent, runUrlOf } from "../changes/event.ts";
import type { Effects } from "../effects/effects.ts";
import type { Report } from "../report/schema.ts";

export interface EnvironmentFacts {
  readonly event: RunEvent | undefined;
  readonly headSha: string | undefined;
  readonly baseSha: string | undefined;
  readonly jobKey: string;
  readonly seed: number;
  /** Versions by tool, as the lanes that ran say them. */
  readonly versions: Readonly<Record<string, string>>;
}

/** What no lane told is null. */
export function describeEnvironment(facts: EnvironmentFacts, effects: Effects): Report["environment"] {
  const { env, clock } = effects;
  const { event, versions } = facts;
  return {
    createdAt: clock.now().toISOString(),
    os: `${process.platform} ${process.arch}`,
    node: process.version,
    onnxruntime: versions.onnxruntime ?? null,
    tensorrt: versions.tensorrt ?? null,
    polygraphy: versions.polygraphy ?? null,
    python: versions.python ?? null,
    gpu: versions.gpu ?? null,
    driver: versions.driver ?? null,
    runner: env.RUNNER_ENVIRONMENT ?? null,
    repository: event?.repository || null,
    headSha: facts.headSha ?? null,
    baseSha: facts.baseSha ?? null,
    event: event?.name ?? null,
    runUrl: event ? runUrlOf(event) : null,
    jobKey: facts.jobKey,
    seed: facts.seed,
  };
}

/** Which file runs which command. A file is loaded only when its command runs, so that everything else starts at once. */
import type { RunCommand } from "./command.ts";
import type { specs } from "./specs.ts";

type CommandName = (typeof specs)[number]["name"];

export const loaders: Readonly<Record<string, () => Promise<{ readonly run: RunCommand }>>> = {
  check: () => import("./check.ts"),
  compare: () => import("./compare.ts"),
  inspect: () => import("./inspect.ts"),
  search: () => import("./search.ts"),
  fix: () => import("./fix.ts"),
  calibrate: () => import("./calibrate.ts"),
  cache: () => import("./cache.ts"),
  inputs: () => import("./inputs.ts"),
  render: () => import("./render.ts"),
  plan: () => import("./plan.ts"),
  merge: () => import("./merge.ts"),
  doctor: () => import("./doctor.ts"),
  init: () => import("./init.ts"),
} satisfies Record<CommandName, unknown>;

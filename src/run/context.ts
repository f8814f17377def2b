/** What checking models needs beside the settings: whose code, which base, what an earlier report knew, until when. */
import { join, normalize } from "node:path";
import { filesOf, isCode } from "../changes/affected.ts";
import type { Checkout } from "../changes/checkout.ts";
import type { Selection } from "../changes/choose.ts";
import { baselineFolder, codeFolder } from "../changes/commit-folder.ts";
import type { Git } from "../changes/git.ts";
import type { TrustedConfig } from "../changes/trusted-config.ts";
import type { Settings } from "../config/settings.ts";
import type { Effects } from "../effects/effects.ts";
import type { BaselineGap } from "../gate/baseline-limits.ts";
import type { CheckContext } from "../prepare/context.ts";
import { version } from "../version.ts";

export interface ContextFacts {
  readonly settings: Settings;
  readonly config: TrustedConfig;
  readonly selection: Selection;
  readonly reportFolder: string;
  readonly startMs: number;
  readonly earlier: CheckContext["earlier"];
}

/** Writes the base commit's code out where an entry runs code; else nothing is written. */
export async function makeContext(
  { settings, config, selection, reportFolder, startMs, earlier }: ContextFacts,
  effects: Effects,
): Promise<CheckContext> {
  const { checkout } = config;
  const needsCode = selection.jobs.some(({ model }) => filesOf(model).some(({ what }) => isCode(what)));
  return {
    effects,
    settings,
    version,
    today: effects.clock.now().toISOString().slice(0, 10),
    deadlineMs: startMs + settings.options.timeoutMinutes * 60_000,
    codeFolder: needsCode
      ? await codeFolder(
          checkout,
          selection.jobs.map(({ model }) => model),
          effects,
        )
      : effects.cwd,
    trust: checkout.trust,
    isCheckout: checkout.head !== undefined,
    tracked:
      checkout.trust.isProposal && checkout.head !== undefined && selection.jobs.length > 0
        ? (await checkout.git.tracked()).files
        : undefined,
    isCommitted: async (path) => checkout.head !== undefined && (await isCommitted(path, checkout.head, checkout.git, effects)),
    isTracked: async (path) => checkout.head !== undefined && (await checkout.git.tracked()).files.has(normalize(path)),
    // By hand a base counts where one was named: the default branch may be anything.
    hasBase: (checkout.event !== undefined || settings.options.baseRef !== undefined) && checkout.base?.isLocal === true,
    baseGap: baseGapOf(checkout),
    baseFolder: async (entry) =>
      checkout.base?.isLocal ? { folder: await baselineFolder(checkout, entry, effects), commit: checkout.base.sha } : undefined,
    earlier,
    engineBytes: { kept: 0 },
    versions: {},
    reportFolder,
  };
}

/** Of a pull request or a merge there always is a base, whether this clone has it or not. */
const baseGapOf = ({ base }: Checkout): BaselineGap =>
  base === undefined
    ? { kind: "none", why: "there is no base commit to compare with" }
    : {
        kind: "unusable",
        why: `the base commit ${base.sha.slice(0, 12)} is not in this clone. Give the checkout step fetch-depth: 2`,
      };

async function isCommitted(path: string, head: string, git: Git, { files, cwd }: Effects): Promise<boolean> {
  const committed = await git.show(head, path);
  const now = join(cwd, path);
  return committed !== undefined && (await files.stat(now))?.kind === "file" && committed === (await files.readText(now));
}

/**
 * Reads the configuration from the commit that may decide: the base for a proposal, the work tree otherwise.
 * Does not read what is in it (config/resolve-settings.ts).
 */
import type { Effects } from "../effects/effects.ts";
import { ConfigError, ToolError } from "../effects/failure.ts";
import { textFromApi } from "./api-files.ts";
import { type Checkout, type CheckoutOptions, openCheckout } from "./checkout.ts";
import { limitsChanged } from "./config-diff.ts";
import type { RunEvent } from "./event.ts";

export interface ConfigText {
  readonly path: string;
  readonly text: string;
  /** Undefined: the work tree. */
  readonly commit: string | undefined;
}

export interface TrustedConfig {
  /** Undefined where there is none anywhere. */
  readonly yaml: ConfigText | undefined;
  /** "data-only": a pull request introduces it, so its loaders, task commands, plugins and waivers do not count. */
  readonly trust: "full" | "data-only";
  /** The work tree's differing version in a proposal: it must be sound, since it counts once merged, and tells which models are new. */
  readonly proposed: ConfigText | undefined;
  /** Whether models that only the proposed version names are checked with its data-only keys (`withProposed`); a fork's are not. */
  readonly isProposedUsed: boolean;
  /** The base commit's text, to see which entries changed; undefined where it has none or there is no base. */
  readonly baseText: string | undefined;
  readonly headText: string | undefined;
  readonly notices: readonly string[];
  readonly checkout: Checkout;
}

/**
 * Rejects with TrustError before anything is started, with ToolError `config-not-on-base` where only a fork has a configuration,
 * with ConfigError where git refuses the folder or the base cannot be read.
 */
export async function readTrustedConfig(options: CheckoutOptions, event: RunEvent | undefined, effects: Effects): Promise<TrustedConfig> {
  const checkout = await openCheckout(options, event, effects);
  const path = options.config;
  const headText = await workTreeText(path, checkout, effects);
  const head = headText === undefined ? undefined : { path, text: headText, commit: undefined };
  const baseText = await textAtBase(path, checkout);
  const isProposedUsed = !checkout.trust.isFork || options.allowForks;
  const known = { baseText, headText, checkout, isProposedUsed };
  if (!checkout.trust.isProposal) return { ...known, yaml: head, trust: "full", proposed: undefined, notices: ownLimits(path, known) };

  const base = checkout.base?.sha.slice(0, 12) ?? "";
  if (baseText !== undefined) {
    const yaml = { path, text: baseText, commit: checkout.base?.sha };
    if (baseText === headText) return { ...known, yaml, trust: "full", proposed: undefined, notices: [] };
    const notices = [`The change edits ${path}; the version of the base commit ${base} is used. Its edits count once they are merged.`];
    return { ...known, yaml, trust: "full", proposed: head, notices };
  }
  if (head === undefined) return { ...known, yaml: undefined, trust: "full", proposed: undefined, notices: [] };
  if (!isProposedUsed) {
    throw new ToolError(
      "config-not-on-base",
      `${path} is not on the base commit ${base} and a fork's own configuration does not count. A maintainer adds it to the base branch first.`,
    );
  }
  const notices = [`${path} is new in this change: its data counts, its loaders, task commands, plugins and waivers do not.`];
  return { ...known, yaml: head, trust: "data-only", proposed: undefined, notices };
}

/** Where no pull request is judged the work tree's limits count, also looser ones than the base's: that is said. */
function ownLimits(path: string, { baseText, headText, checkout }: Pick<TrustedConfig, "baseText" | "headText" | "checkout">): string[] {
  const names = baseText === undefined ? [] : limitsChanged(baseText, headText);
  if (names.length === 0) return [];
  const base = checkout.base?.sha.slice(0, 12) ?? "";
  return [
    `Limits or waivers of ${names.map((name) => `'${name}'`).join(", ")} in ${path} differ from those of the base commit ${base}, and this run judges by the work tree's. In a pull request the action judges by the base's until they are merged.`,
  ];
}

/** A link could lead out of the repository, so a proposal's configuration must be a plain file. */
async function workTreeText(path: string, { trust }: Checkout, effects: Effects): Promise<string | undefined> {
  const full = path.startsWith("/") ? path : `${effects.cwd}/${path}`;
  const stat = await (trust.isProposal ? effects.files.lstat(full) : effects.files.stat(full));
  if (stat === undefined && (await effects.files.lstat(full)) !== undefined)
    throw new ConfigError(`${path} is a link that leads to no file. Commit the configuration as a plain file.`);
  if (stat === undefined) return undefined;
  if (stat.kind !== "file") throw new ConfigError(`${path} is a ${stat.kind}, not a file. Commit the configuration as a plain file.`);
  return await effects.files.readText(full);
}

async function textAtBase(path: string, { base, git, api, trust }: Checkout): Promise<string | undefined> {
  if (base === undefined || path.startsWith("/")) return undefined;
  if (base.isLocal) return await git.show(base.sha, path);
  if (!trust.isProposal) return undefined;
  const next = "Give the checkout step fetch-depth: 2, or the job the permission contents: read.";
  const remote = await api();
  if (remote === undefined)
    throw new ConfigError(`The base commit ${base.sha} is not in this clone and there is no token to read ${path} from it. ${next}`);
  try {
    return await textFromApi(remote, base.sha, path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`The base commit ${base.sha} is not in this clone and the API did not give ${path}: ${reason}. ${next}`);
  }
}

/**
 * Whose code may run: decided from the event, the runner and one input, before anything is started.
 * Pure. Which files that means is commit-folder.ts; which configuration counts is trusted-config.ts.
 */
import { TrustError } from "../effects/failure.ts";
import type { RunEvent } from "./event.ts";

export interface Trust {
  /** Commit whose loaders and task commands may run. The configuration of a pull request is always the base's. */
  readonly codeFrom: "base" | "head";
  /** True where the work tree holds a proposal: a pull request or a merge queue. */
  readonly isProposal: boolean;
  readonly isFork: boolean;
}

type Env = Readonly<Record<string, string | undefined>>;

/** Throws TrustError where nothing of the work tree may even be looked at. `event` is undefined on the command line. */
export function decideTrust(event: RunEvent | undefined, env: Env, allowForks: boolean): Trust {
  refuseUnsecureCommands(env);
  if (event === undefined) return { codeFrom: "head", isProposal: false, isFork: false };
  refusePrivilegedEvents(event);
  const isFork = event.pullRequest?.isFork ?? false;
  if (isFork && !allowForks && env.RUNNER_ENVIRONMENT !== "github-hosted") {
    throw new TrustError(
      `Pull request ${event.pullRequest?.number} comes from a fork and this runner is ${env.RUNNER_ENVIRONMENT || "not known to be hosted"}: its files are not touched here. ` +
        "Run the job on a GitHub-hosted runner, or set allow-forks: true after reading docs/security.md.",
    );
  }
  const isProposal = event.pullRequest !== undefined || event.mergeGroup !== undefined;
  const mayRunHead = allowForks && event.name !== "pull_request_target";
  return { codeFrom: isProposal && !mayRunHead ? "base" : "head", isProposal, isFork };
}

/** With this switch any line of a log can set variables of later steps (the runner reads 1, true and $true). */
function refuseUnsecureCommands(env: Env): void {
  const value = env.ACTIONS_ALLOW_UNSECURE_COMMANDS ?? "";
  if (/^(1|true|\$true)$/i.test(value.trim())) {
    throw new TrustError(
      `ACTIONS_ALLOW_UNSECURE_COMMANDS is ${value}: a printed line could change the environment of later steps. Remove the variable from the workflow.`,
    );
  }
}

/** These events run with the base repository's secrets whoever made the head. */
function refusePrivilegedEvents(event: RunEvent): void {
  const next = "Use the pull_request event; docs/workflows.md shows how to comment on pull requests from forks.";
  const fork =
    (event.name === "pull_request_target" && event.pullRequest?.isFork) || (event.name === "workflow_run" && event.workflowRun?.isFork);
  if (fork) throw new TrustError(`The event ${event.name} carries secrets and its head is from a fork. ${next}`);
  if (event.isPullRequestComment) {
    throw new TrustError(`The event ${event.name} carries secrets and does not say whose commit is checked out. ${next}`);
  }
}

/** The job summary: the comment's body with more room. The runner drops a summary over 1 MiB whole, so it stays under 900 KiB. */
import { type CommentOptions, renderBody } from "./comment.ts";
import { largestFitting, summaryCaps } from "./detail-levels.ts";
import type { Report } from "./schema.ts";

export const summaryBudgetBytes = 900 * 1024;

export const renderSummary = (report: Report, options: Omit<CommentOptions, "jobKey" | "headSha" | "runId" | "runAttempt">): string =>
  `${largestFitting(summaryCaps, options.budget ?? summaryBudgetBytes, (caps) => renderBody(report, options, caps))}\n`;

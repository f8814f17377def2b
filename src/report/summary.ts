/** The job summary: the comment's body with more room. */
import { type CommentOptions, renderBody } from "./comment.ts";
import { largestFitting, summaryCaps } from "./detail-levels.ts";
import type { Report } from "./schema.ts";

/** The runner drops a summary above 1 MiB whole; its secret masker may make text longer. */
export const summaryBudgetBytes = 900 * 1024;

/** Within `budget` bytes of UTF-8, and a line feed. */
export const renderSummary = (report: Report, options: Omit<CommentOptions, "jobKey" | "headSha" | "runId" | "runAttempt">): string =>
  `${largestFitting(summaryCaps, options.budget ?? summaryBudgetBytes, (caps) => renderBody(report, options, caps))}\n`;

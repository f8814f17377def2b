/** A finding on its way to a verdict. Only types. */
import type { ReasonCode } from "./reasons.ts";
import type { Finding } from "./verdict.ts";

/** With the reason that it gives a verdict, should it decide. */
export interface JudgedFinding extends Finding {
  readonly reason: ReasonCode;
}

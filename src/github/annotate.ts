/** Puts annotations on the change through the log, which makes their texts inert. How many and which is report/annotations.ts. */
import type { Log } from "../effects/effects.ts";
import type { Annotation } from "../report/annotations.ts";

/** In the order given. */
export function annotate(annotations: readonly Annotation[], log: Log): void {
  for (const { level, message, file, line, title } of annotations) {
    log[level](
      message,
      file === undefined ? undefined : { file, ...(line === undefined ? {} : { line }), ...(title === undefined ? {} : { title }) },
    );
  }
}

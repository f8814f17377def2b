/** Name and version of this gate, from the one place that holds them. */
import manifest from "../package.json" with { type: "json" };

export const version: string = manifest.version;

/** The last line: which gate, on what, for which commit, and where the rest is. */
import { escapeMarkdown, link } from "../markdown.ts";
import type { Report } from "../schema.ts";
import { seconds, shortSha } from "./labels.ts";
import type { NextLinks } from "./next.ts";

/** One line; places without a link are left out. */
export function footer(report: Report, links: NextLinks): string {
  const places = [
    links.htmlUrl ? link("HTML report", links.htmlUrl) : "",
    links.artifactUrl ? link("artifact", links.artifactUrl) : "",
    links.runUrl ? link("run", links.runUrl) : "",
  ].filter((place) => place !== "");
  return `<sub>${[...places, ...environmentWords(report).map((word) => escapeMarkdown(word, 120))].join(" · ")}</sub>`;
}

/** Outside a repository there is nothing to say. */
function commits({ headSha, baseSha }: Report["environment"]): string[] {
  if (headSha === null) return [];
  return [`checked ${shortSha(headSha)}${baseSha === null ? "" : ` against ${shortSha(baseSha)}`}`];
}

/** Versions and commit, most telling first; unknown ones are left out. Foreign words in it are raw. */
export function environmentWords({ tool, environment: env, seconds: took }: Report): string[] {
  const known: (readonly [string, string | null])[] = [
    ["TensorRT", env.tensorrt],
    ["Polygraphy", env.polygraphy],
    ["GPU", env.gpu],
    ["driver", env.driver],
    ["ONNX Runtime", env.onnxruntime],
    ["Node", env.node.replace(/^v/, "")],
  ];
  return [
    `trt-gate ${tool.version} (${shortSha(tool.commit)})`,
    ...commits(env),
    ...known.flatMap(([what, version]) => (version === null ? [] : [`${what} ${version}`])),
    env.os,
    seconds(took),
  ];
}

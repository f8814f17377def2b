/** Lines of a shell that the project's pages show: those of `console` blocks behind `$ `, those of `sh` blocks without their comments. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { globSync } from "tinyglobby";

const root = fileURLToPath(new URL("../..", import.meta.url));

export interface ShownLine {
  readonly page: string;
  readonly language: string;
  readonly line: string;
}

export const pages = globSync(["*.md", "docs/**/*.md", "examples/**/*.md", "gpu/**/*.md", "bench/**/*.md"], { cwd: root }).toSorted();

export const pageText = (page: string): string => readFileSync(join(root, page), "utf8");

/** Fenced blocks, also those inside of lists: the language, and the text without the fence. */
export const blocksOf = (text: string): { readonly language: string; readonly body: string }[] =>
  [...text.matchAll(/^ *```(\w+)\n([\s\S]*?)^ *```$/gm)].map(([, language = "", body = ""]) => ({ language, body }));

export const shownLines = (): ShownLine[] =>
  pages.flatMap((page) =>
    blocksOf(pageText(page)).flatMap(({ language, body }) => linesIn(language, body).map((line) => ({ page, language, line }))),
  );

function linesIn(language: string, body: string): string[] {
  if (language === "console") return [...body.matchAll(/^ *\$ (.+)$/gm)].map(([, line = ""]) => line.replace(/ +#.*$/, ""));
  if (!["sh", "bash", "shell"].includes(language)) return [];
  return body.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}

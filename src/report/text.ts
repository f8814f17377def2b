/**
 * Foreign text (tensor names, node names, tool output) as plain text that no renderer, runner or terminal acts on.
 * First step of every rendering; Markdown, HTML and terminal add their own escapes on top. Repairs nothing: it only shows.
 */
import { withoutCommands } from "../effects/sanitize-log.ts";
import { withoutUnseen } from "../effects/unseen.ts";

const longestShown = 200;
const lineBreak = /[\t\n\r\u0085\u2028\u2029]+/g;

/** One line of at most `limit` code points, cut in the middle, a sentence between two words. Empty text is `(empty)`, so that a nameless tensor can be seen. */
export function plainLine(text: string, limit = longestShown): string {
  const shown = cutBetweenWords(withoutUnseen(text.replace(lineBreak, " ")).trim(), limit);
  return shown === "" ? "(empty)" : withoutCommands(shown);
}

/** Several lines, each of at most `limit` code points; at most `maxLines`, the last ones. Tabs become two spaces. */
export const plainLines = (lines: readonly string[], maxLines: number, limit = longestShown): string[] =>
  lines
    .slice(-maxLines)
    .flatMap((line) => line.split(/\r\n|[\n\r\u0085\u2028\u2029]/))
    .slice(-maxLines)
    .map((line) => withoutCommands(cutMiddle(withoutUnseen(line.replaceAll("\t", "  ")), limit)));

/** A name has no words to cut between, and a short label no room for it. */
const leastForWords = 80;
/** How far back a word's beginning may lie: longer ones are paths, of which both ends tell something. */
const longestWord = 40;

function cutBetweenWords(text: string, limit: number): string {
  const cut = cutMiddle(text, limit);
  if (limit < leastForWords || cut === text) return cut;
  const at = cut.indexOf("…", Math.floor(limit / 2) - 1);
  const [head, tail] = [cut.slice(0, at), cut.slice(at + 1)];
  const [end, start] = [head.lastIndexOf(" "), tail.indexOf(" ")];
  const before = end > head.length - longestWord ? head.slice(0, end + 1) : head;
  const after = start >= 0 && start < longestWord ? tail.slice(start) : tail;
  return `${before}…${after}`;
}

/** Keeps both ends and puts `…` between them; counts code points and never splits one. */
export function cutMiddle(text: string, limit: number): string {
  // A code point has at most two UTF-16 units: a text this short needs no splitting.
  if (text.length <= limit) return text;
  const points = Array.from(text.length > 40 * limit ? text.slice(0, 4 * limit) + text.slice(-4 * limit) : text);
  if (points.length <= limit) return points.join("");
  const head = Math.ceil((limit - 1) / 2);
  return `${points.slice(0, head).join("")}…${points.slice(points.length - (limit - 1 - head)).join("")}`.toWellFormed();
}

/**
 * Short forms that stay as different as the names: cut where they agree, without a beginning that all share where that is needed, numbered where nothing
 * else helps. A name that was not in the list is cut in the middle.
 */
export function distinctLabels(names: readonly string[], limit: number): (name: string) => string {
  const all = [...new Set(names)];
  const whole = all.map((name) => plainLine(name));
  const shared = sharedStart(whole);
  const trimmed = whole.map((name) => (shared > 1 ? `…${name.slice(shared)}` : name));
  const heads = Array.from({ length: limit }, (_, head) => head).toSorted((a, b) => Math.abs(a - limit / 2) - Math.abs(b - limit / 2));
  const tried = [whole, trimmed].flatMap((texts) => heads.map((head) => texts.map((text) => cutAfter(text, head, limit))));
  const best = [whole.map((text) => plainLine(text, limit)), ...tried].find((labels) => new Set(labels).size === all.length);
  const numbered = uniqueLabels(all, limit - 4);
  const shown = new Map(all.map((name, i) => [name, best?.[i] ?? numbered(name)]));
  return (name) => shown.get(name) ?? plainLine(name, limit);
}

/** `head` code points, `…`, and as many of the end as there is room for. */
function cutAfter(text: string, head: number, limit: number): string {
  const points = Array.from(text);
  if (points.length <= limit) return text;
  return `${points.slice(0, head).join("")}…${points.slice(points.length - (limit - 1 - head)).join("")}`;
}

/** UTF-16 units up to the last `/` or `.` of the beginning that all share; 0 for fewer than two texts. */
function sharedStart([first = "", ...others]: readonly string[]): number {
  if (others.length === 0) return 0;
  let length = 0;
  while (length < first.length && others.every((text) => text[length] === first[length])) length++;
  return Math.max(first.lastIndexOf("/", length - 1), first.lastIndexOf(".", length - 1)) + 1;
}

/**
 * Shown form of each name. Names that look the same after cleaning and cutting get ` (2)`, ` (3)` in order of first appearance;
 * a name that was not in the list is shown without an index.
 */
export function uniqueLabels(names: Iterable<string>, limit = longestShown): (name: string) => string {
  const shown = new Map<string, string>();
  const taken = new Map<string, number>();
  for (const name of names) {
    if (shown.has(name)) continue;
    const plain = plainLine(name, limit);
    const nth = (taken.get(plain) ?? 0) + 1;
    taken.set(plain, nth);
    shown.set(name, nth === 1 ? plain : `${plain} (${nth})`);
  }
  return (name) => shown.get(name) ?? plainLine(name, limit);
}

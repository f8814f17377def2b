/** HTML as a value: everything put into a template is escaped, unless it is markup already. No other file writes `<` around foreign text. */
import { withoutUnseen } from "../../effects/unseen.ts";

export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Part = Markup | string | number | undefined | null | false | readonly Part[];

/** `` html`<td>${name}</td>` ``. Strings lose control and bidirectional characters and are escaped for text and quoted attributes; undefined, null and false give nothing. */
export const html = (strings: TemplateStringsArray, ...parts: readonly Part[]): Markup =>
  new Markup(strings.reduce((text, fixed, i) => text + render(parts[i - 1]) + fixed));

export const nothing = new Markup("");

/** Safe in text and in quoted attributes. What nobody sees is dropped. */
export const escapeHtml = (text: string): string => withoutUnseen(text).replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);

/** JSON that cannot end its script element: `<`, U+2028 and U+2029 are escaped. */
export const jsonForScript = (value: unknown): Markup =>
  new Markup(JSON.stringify(value).replace(/[<\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`));

function render(part: Part): string {
  if (part === undefined || part === null || part === false) return "";
  if (part instanceof Markup) return part.text;
  if (typeof part === "string") return escapeHtml(part);
  if (typeof part === "number") return String(part);
  return part.map(render).join("");
}

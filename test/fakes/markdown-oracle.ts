/** What GitHub would make of Markdown, by a real parser with its extensions: every tag, link, image, mention and issue number that is not ours. */
import { micromark } from "micromark";
import { gfm, gfmHtml } from "micromark-extension-gfm";

const toHtml = (markdown: string) => micromark(markdown, { extensions: [gfm()], htmlExtensions: [gfmHtml()], allowDangerousHtml: true });
const ours = new Set("p h3 h4 strong em code pre table thead tbody tr th td ul ol li details summary sub br a b blockquote".split(" "));

/** `links`: where links may lead, by their beginning. */
export function foreign(markdown: string, links: string): string[] {
  const html = toHtml(markdown).replaceAll(/<!-- trt-gate[^>]* -->/g, "");
  const tags = [...html.matchAll(/<\/?([a-zA-Z!][^\s>/]*)/g)].map(([, name = ""]) => name.toLowerCase());
  const targets = [...html.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, target = ""]) => target);
  return [...tags.filter((tag) => !ours.has(tag)), ...targets.filter((target) => !target.startsWith(links)), ...mentions(html)];
}

/** GitHub reads mentions and issue numbers after parsing, outside code. */
function mentions(html: string): string[] {
  const text = html.replaceAll(/<(code|pre)[^>]*>[\s\S]*?<\/\1>/g, "").replaceAll(/<[^>]+>/g, " ");
  return [...text.matchAll(/(?:^|[^\w`&])(@[A-Za-z0-9][\w-]*|#\d+|GH-\d+)/g)].map(([, found = ""]) => found);
}

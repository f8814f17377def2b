/** Which models' entries differ between two versions of the configuration. Compares what YAML says, so comments and order do not count. Pure. */
import picomatch from "picomatch";
import { parse } from "yaml";

/** True where the entry that holds this model differs between the two texts, is new, or where a text cannot be read: unsure counts as changed. */
export function entryChanged(
  baseText: string | undefined,
  headText: string | undefined,
): (model: { name: string; path: string }) => boolean {
  if (baseText === headText) return () => false;
  const base = entriesOf(baseText);
  const head = entriesOf(headText);
  if (base === undefined || head === undefined) return () => true;
  return (model) => canonical(base.find(holds(model))) !== canonical(head.find(holds(model)));
}

/** True for a model that an entry of this text holds. */
export function namedBy(text: string | undefined): (model: { name: string; path: string }) => boolean {
  const entries = entriesOf(text) ?? [];
  return (model) => entries.some(holds(model));
}

/** Names of models, of entries that both texts hold, whose tolerance or waivers differ. Empty where a text cannot be read: that is told elsewhere. */
export function limitsChanged(baseText: string | undefined, headText: string | undefined): string[] {
  if (baseText === headText) return [];
  const base = entriesOf(baseText) ?? [];
  return (entriesOf(headText) ?? []).flatMap((entry) => {
    const name = nameOf(entry);
    const before = base.find((one) => nameOf(one) === name);
    return before === undefined || canonical(limitsOf(before)) === canonical(limitsOf(entry)) ? [] : [name];
  });
}

const nameOf = (entry: object): string => String(("name" in entry && entry.name) || ("path" in entry && entry.path) || "");

const limitsOf = (entry: object): unknown => ["tolerance" in entry ? entry.tolerance : null, "waivers" in entry ? entry.waivers : null];

function entriesOf(text: string | undefined): readonly object[] | undefined {
  if (text === undefined) return [];
  try {
    const parsed: unknown = parse(text, { maxAliasCount: 100 });
    const models = typeof parsed === "object" && parsed !== null && "models" in parsed ? parsed.models : [];
    return Array.isArray(models) ? models.filter((entry) => typeof entry === "object" && entry !== null) : undefined;
  } catch {
    return undefined;
  }
}

const holds =
  (model: { name: string; path: string }) =>
  (entry: object): boolean => {
    const path = "path" in entry && typeof entry.path === "string" ? entry.path.replace(/^\.\//, "") : "";
    return ("name" in entry && entry.name === model.name) || path === model.path || picomatch.isMatch(model.path, path || "-");
  };

const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  ) ?? "";

/** Keys of the configuration that pages name, as `search.precision: fp32` or `tensorrt: {ship: rebuild}`, are keys that the schema has. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { pages, pageText } from "../../support/shown-lines.ts";

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly additionalProperties?: Schema | boolean;
}

/** Every way from the file's top to a key, as `models.search.precision`. */
function* waysOf({ properties = {}, items, anyOf = [], additionalProperties }: Schema, before = ""): Generator<string> {
  for (const [key, inner] of Object.entries(properties)) {
    yield `${before}.${key}`;
    yield* waysOf(inner, `${before}.${key}`);
  }
  for (const inner of [items, ...anyOf, additionalProperties]) if (typeof inner === "object") yield* waysOf(inner, before);
}

const schema: Schema = JSON.parse(readFileSync("schema/config.schema.json", "utf8"));
const ways = [...waysOf(schema)];
const blocks = new Set(ways.filter((way) => ways.some((other) => other.startsWith(`${way}.`))).map((way) => way.split(".").at(-1) ?? ""));

/** `block.key` and `block: {key: …}` in code, where the block is one of the configuration. */
const named = pages
  .filter((page) => !page.startsWith("docs/design/"))
  .flatMap((page) =>
    [...pageText(page).matchAll(/`([a-z0-9-]+)(?:\.([a-z0-9-]+)|: ?\{ ?([a-z0-9-]+):)[^`]*`(?! of the report)/g)].map(
      ([code, block = "", key = "", inner = ""]) => ({
        page,
        code,
        block,
        key: key || inner,
      }),
    ),
  )
  .filter(({ block, code }) => blocks.has(block) && !/\.(?:json|md|npy|npz|yml)`/.test(code));

it("names keys that there are", () => {
  expect(ways).toEqual(expect.arrayContaining([".models.validation.max-samples", ".search.method"]));
  expect(named.length).toBeGreaterThan(30);
  expect(named.filter(({ block, key }) => !ways.some((way) => way.endsWith(`.${block}.${key}`)))).toEqual([]);
});

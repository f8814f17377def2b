/** Damages bytes in the ways that files really are, and that attackers try. The same seed gives the same damage. */
import { seededRandom } from "../../../src/measure/random.ts";

/** Numbers that parsers stumble over, and marks of formats and hostile texts. */
const telling: readonly Uint8Array[] = [
  ...'0 -1 4294967295 9007199254740993 1e999 NaN null {} [] " \\ \u0000 \n : :: ,'.split(" "),
  "::error::x",
  "../../etc/passwd",
  "__proto__",
  "constructor",
  '"\\ud800"',
  "&a [*a,*a]",
  "!!js/function x",
  "(1,)*9",
].map((text) => new TextEncoder().encode(text));

/** One to four damages of a seed, or a part of another one inside it. */
export function mutate(seeds: readonly Uint8Array[], seed: number): Uint8Array {
  const random = seededRandom(seed);
  const below = (count: number): number => Math.floor(random() * count);
  const pick = <T>(items: readonly T[]): T => {
    const item = items[below(items.length)];
    if (item === undefined) throw new Error("nothing to pick from");
    return item;
  };
  let bytes = Uint8Array.from(pick(seeds));
  const splice = (at: number, remove: number, insert: Uint8Array): void => {
    bytes = Uint8Array.from([...bytes.subarray(0, at), ...insert, ...bytes.subarray(at + remove)]);
  };
  const damages: readonly (() => void)[] = [
    () => {
      const at = below(bytes.length);
      bytes[at] = below(256);
    },
    () => {
      const at = below(bytes.length);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8));
    },
    () => splice(below(bytes.length + 1), bytes.length, new Uint8Array(0)),
    () => splice(below(bytes.length + 1), below(16), new Uint8Array(0)),
    () => splice(below(bytes.length + 1), below(4), pick(telling)),
    () => splice(below(bytes.length + 1), 0, bytes.slice(below(bytes.length), below(bytes.length) + 32)),
    () => {
      const other = pick(seeds);
      const at = below(other.length);
      splice(below(bytes.length + 1), below(64), other.subarray(at, at + below(256)));
    },
  ];
  for (let count = 1 + below(4); count > 0; count--) pick(damages)();
  return bytes;
}

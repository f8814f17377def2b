/** The one place where kebab-case (YAML, flags, inputs) becomes camelCase (code) and back. Knows no particular key. */

export type Camel<S extends string> = S extends `${infer Head}-${infer Tail}` ? `${Head}${Capitalize<Camel<Tail>>}` : S;
export type CamelKeys<T> = { [K in keyof T as K extends string ? Camel<K> : K]: T[K] };

/** `sqnr-db` -> `sqnrDb`, `top1-agreement` -> `top1Agreement`. */
export const toCamel = (kebab: string): string => kebab.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** `sqnrDb` -> `sqnr-db`. The inverse of `toCamel` for words that have a letter after each dash. */
export const toKebab = (camel: string): string => camel.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** One level of keys; values stay as they are, because maps below may be keyed by names of tensors. */
export function camelKeys<T extends object>(block: T): CamelKeys<T> {
  return Object.fromEntries(Object.entries(block).map(([key, value]) => [toCamel(key), value])) as CamelKeys<T>;
}

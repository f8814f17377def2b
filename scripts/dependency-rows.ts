/** What docs/dependencies.md says of each dependency, held against the lock file and against what is really bundled. Reads no file. */

export interface LockedPackage {
  readonly license?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  /** Some packages take what is there without depending on it. */
  readonly peerDependenciesMeta?: Readonly<Record<string, object>>;
}
type Packages = Readonly<Record<string, LockedPackage>>;

interface Row {
  readonly name: string;
  readonly what: string;
  readonly reason: string;
  readonly licence: string;
  /** Undefined in the table of what only development uses. */
  readonly size: string | undefined;
}

const rowsOf = (page: string): Row[] =>
  [...page.matchAll(/^\| `([^`]+)` \|(.*)\|$/gm)].map(([, name = "", rest = ""]) => {
    const [what = "", reason = "", licence = "", size] = rest.split("|").map((cell) => cell.trim());
    return { name, what, reason, licence, size };
  });

/** A row without a purpose, a reason or the licence that the lock file has. */
export function rowProblems(page: string, packages: Packages): string[] {
  return rowsOf(page).flatMap(({ name, what, reason, licence }) => {
    const actual = packages[`node_modules/${name}`]?.license;
    return [
      ...(what.length < 5 ? [`${name} does not say what it does.`] : []),
      ...(reason.length < 5 ? [`${name} has no reason why it is not our own.`] : []),
      ...(actual === undefined || licence === actual ? [] : [`${name} has the licence ${actual}, and its row says ${licence}.`]),
    ];
  });
}

/** KiB of source by package, before white space is taken out. */
export type Bundled = ReadonlyMap<string, number>;

/** It and everything that it brings, also what another dependency brings as well. */
export function bundledWith(name: string, bundled: Bundled, packages: Packages): number {
  const seen = new Set<string>();
  const visit = (one: string): number => {
    if (seen.has(one)) return 0;
    seen.add(one);
    // Several versions lie in the folders of those that want them.
    const versions = Object.entries(packages).filter(([path]) => path.endsWith(`node_modules/${one}`));
    const below = versions.flatMap(([, { dependencies, peerDependenciesMeta }]) =>
      Object.keys({ ...dependencies, ...peerDependenciesMeta }),
    );
    return below.reduce((sum, next) => sum + visit(next), bundled.get(one) ?? 0);
  };
  return visit(name);
}

/** A figure that is off by more than a tenth and 5 KiB, and a bundled package that no row accounts for. */
export function sizeProblems(page: string, bundled: Bundled, packages: Packages): string[] {
  const used = rowsOf(page).filter(({ size }) => size !== undefined);
  const wrong = used.flatMap(({ name, size = "" }) => {
    const actual = bundledWith(name, bundled, packages);
    const said = size.startsWith("-") ? 0 : Number.parseFloat(size.replaceAll(",", ""));
    if (size.startsWith("-") ? !bundled.has(name) : Math.abs(said - actual) <= Math.max(5, actual / 10)) return [];
    return [`${name} makes up ${Math.round(actual)} KiB of the bundle, and its row in docs/dependencies.md says ${size}.`];
  });
  const none = new Map([...bundled].map(([name]) => [name, 0]));
  const accounted = (name: string): boolean => used.some((row) => bundledWith(row.name, new Map([...none, [name, 1]]), packages) > 0);
  const unnamed = [...bundled.keys()].filter((name) => !accounted(name));
  return [...wrong, ...unnamed.map((name) => `${name} is bundled, and no row of docs/dependencies.md brings it.`)];
}

/**
 * Holds the lock files: every package comes from the registry (no address of its own) with a SHA-512, install scripts run only where package.json allows them by
 * name, and every direct dependency has its row in docs/dependencies.md, with its purpose, a reason and the licence of the lock file. Usage: node scripts/check-lock.ts
 */
import { readFileSync } from "node:fs";
import { type LockedPackage, rowProblems } from "./dependency-rows.ts";

interface Locked extends LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly hasInstallScript?: boolean;
}
interface Lock {
  readonly lockfileVersion: number;
  readonly packages: Readonly<Record<string, Locked>>;
}
interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly allowScripts?: Readonly<Record<string, boolean>>;
}

/** What is wrong with a lock file, one sentence each. Packages of the registry carry no address: `.npmrc` leaves it out. */
export function lockProblems({ packages }: Lock, { allowScripts = {} }: Manifest): string[] {
  return Object.entries(packages).flatMap(([path, { resolved = "", integrity = "", link, hasInstallScript }]) => {
    const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
    if (path === "") return [];
    return [
      ...(link === true ? [`${name} is a link to another folder.`] : []),
      ...(resolved === "" ? [] : [`${name} comes from ${resolved}, not by its name from the registry.`]),
      ...(/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity) ? [] : [`${name} has the integrity ${integrity || "none"}, no SHA-512.`]),
      ...(hasInstallScript === true && !Object.hasOwn(allowScripts, name)
        ? [`${name} has an install script that allowScripts does not name.`]
        : []),
    ];
  });
}

/** Direct dependencies that a table of docs/dependencies.md does not have, and rows of what is no dependency. */
export function undocumented({ dependencies, devDependencies }: Manifest, page: string): string[] {
  const names = Object.keys({ ...dependencies, ...devDependencies });
  const rows = [...page.matchAll(/^\| `([^`]+)` /gm)].map(([, name = ""]) => name);
  return [
    ...names.filter((name) => !rows.includes(name)).map((name) => `${name} has no row in docs/dependencies.md.`),
    ...rows.filter((name) => !names.includes(name)).map((name) => `docs/dependencies.md has a row for ${name}, which is no dependency.`),
  ];
}

if (import.meta.main) {
  const read = <T>(file: string): T => JSON.parse(readFileSync(file, "utf8"));
  const manifest = read<Manifest>("package.json");
  const problems = ["package-lock.json", "runtime/package-lock.json"].flatMap((file) =>
    lockProblems(read<Lock>(file), manifest).map((problem) => `${file}: ${problem}`),
  );
  const page = readFileSync("docs/dependencies.md", "utf8");
  problems.push(...undocumented(manifest, page), ...rowProblems(page, read<Lock>("package-lock.json").packages));
  for (const problem of problems) console.error(problem);
  console.log(`${problems.length} problems of dependencies`);
  process.exitCode = problems.length > 0 ? 1 : 0;
}

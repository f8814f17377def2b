/**
 * Bundles the entries into dist/: reproducible byte for byte, licences of bundled packages beside it.
 * Usage: node scripts/build.ts [--out FOLDER]
 */
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Plugin, rolldown } from "rolldown";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");

/** fdir takes the picomatch that lies beside the bundle, of whatever version, for globs that nobody here gives it. The bundle has its own. */
const loadsNothingBeside: Plugin = {
  name: "loads-nothing-beside",
  transform: {
    filter: { id: /[\\/]fdir[\\/]/ },
    handler: (code) => {
      const asked = /__require\.resolve\("picomatch"\);\s*pm = __require\("picomatch"\);/;
      if (!asked.test(code)) throw new Error("fdir looks for picomatch in another way now: bring scripts/build.ts up to date.");
      return code.replace(asked, "");
    },
  },
};

/** Gives the KiB of source that each bundled package makes up, before white space is taken out. */
export async function build(outFolder: string): Promise<ReadonlyMap<string, number>> {
  await rm(outFolder, { recursive: true, force: true });
  const bundle = await rolldown({
    cwd: root,
    input: {
      index: "src/index.ts",
      post: "src/post.ts",
      cli: "src/cli.ts",
      "compare-worker": "src/compare/compare-worker.ts",
    },
    platform: "node",
    // A native library with one binary per platform: installed beside the command, or by the action into the tool cache.
    external: [/^onnxruntime-node/],
    treeshake: true,
    plugins: [loadsNothingBeside],
    resolve: { conditionNames: ["node", "import", "default"] },
  });
  const { output } = await bundle.write({
    dir: outFolder,
    format: "esm",
    entryFileNames: "[name].js",
    chunkFileNames: "chunks/[name]-[hash].js",
    sourcemap: false,
    comments: { legal: false },
    // Names of functions and classes stay readable in stack traces; those of locals go with the white space (18 % of the size).
    minify: { compress: true, mangle: { toplevel: false, keepNames: { function: true, class: true } }, codegen: true },
  });
  await bundle.close();
  const modules = output.flatMap((file) => (file.type === "chunk" ? file.moduleIds : []));
  await writeFile(join(outFolder, "licenses.txt"), await licences(modules));
  await writeFile(join(outFolder, "package.json"), '{ "type": "module" }\n');
  const sizes = new Map<string, number>();
  for (const file of output)
    for (const [id, { renderedLength }] of Object.entries(file.type === "chunk" ? file.modules : {})) {
      const name = packageFolder(id)?.split("node_modules/").at(-1);
      if (name !== undefined) sizes.set(name, (sizes.get(name) ?? 0) + renderedLength / 1024);
    }
  return sizes;
}

/** Packages that share a text word for word share one copy of it. */
async function licences(moduleIds: readonly string[]): Promise<string> {
  const folders = new Set(moduleIds.map(packageFolder).filter((folder) => folder !== undefined));
  const found = await Promise.all([...folders].toSorted().map(licenceOf));
  const byText = Map.groupBy(found, ({ text }) => text);
  const sections = [...byText].map(
    ([text, packages]) => `${"=".repeat(80)}\n${packages.map(({ title }) => title).join("\n")}\n${"=".repeat(80)}\n${text}\n`,
  );
  return `Licences of the packages bundled here\n\n${sections.join("\n")}`;
}

function packageFolder(moduleId: string): string | undefined {
  const at = moduleId.lastIndexOf("node_modules/");
  if (at === -1) return undefined;
  const parts = moduleId.slice(at + "node_modules/".length).split("/");
  const name = parts[0]?.startsWith("@") ? parts.slice(0, 2).join("/") : parts[0];
  return `${moduleId.slice(0, at)}node_modules/${name}`.replace(/^\0+/, "");
}

async function licenceOf(folder: string): Promise<{ readonly title: string; readonly text: string }> {
  const manifest: { name: string; version: string; license?: string } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const file = (await readdir(folder)).toSorted().find((name) => /^(licen[cs]e|copying)/i.test(name));
  const text = file === undefined ? "(the package ships no licence file)" : await readFile(join(folder, file), "utf8");
  return { title: `${manifest.name} ${manifest.version} (${manifest.license ?? "see text"})`, text: text.replaceAll("\r\n", "\n").trim() };
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { out: { type: "string", default: join(root, "dist") } } });
  await build(resolve(values.out));
}

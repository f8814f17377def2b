/** Holds the import directions of docs/design/001-rooms.md, and fails when it could not look: no modules, or none of a room. */
import { cruise, type IReporterOutput } from "dependency-cruiser";
import { options, rooms, ruleSet } from "./rooms.ts";

const { output, exitCode }: IReporterOutput = await cruise(["src"], { ...options, ruleSet, validate: true, outputType: "json" });
const result: { modules: { source: string }[]; summary: { violations: { from: string; to: string; rule: { name: string } }[] } } =
  JSON.parse(String(output));
const { violations } = result.summary;
for (const { from, to, rule } of violations) console.error(`${rule.name}: ${from} imports ${to}`);
const sources = result.modules.map(({ source }) => source);
const unseen = rooms.filter((room) => !sources.some((source) => source.startsWith(`src/${room}`)));
if (unseen.length > 0) console.error(`No module of ${unseen.join(", ")} was read: the check saw nothing there.`);
console.log(`${sources.length} modules, ${violations.length} imports in a wrong direction`);
process.exitCode = exitCode !== 0 || violations.length > 0 || unseen.length > 0 ? 1 : 0;

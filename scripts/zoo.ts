/** Runs the zoo and writes what each model ended in to test/zoo/results.json, from which `npm run gen` makes the table of docs/compatibility.md. Usage: node scripts/zoo.ts */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { askOracle, judgeZoo } from "../test/zoo/judge.ts";
import { zoo } from "../test/zoo/zoo.ts";

const { results, exitCode, effects } = await judgeZoo();
const figures = askOracle(zoo, effects);
const rows = results.map((result, i) => ({ ...result, python: figures[i]?.sqnrDb ?? figures[i]?.error ?? null }));
await effects.end();
// Messages may hold temporary paths: they are printed, not kept.
const kept = results.map(({ message: _, ...result }) => result);
writeFileSync(fileURLToPath(new URL("../test/zoo/results.json", import.meta.url)), `${JSON.stringify(kept, null, 2)}\n`);
for (const { name, verdict, reason, sqnrDb, python, message } of rows)
  console.log(
    `${name.padEnd(36)} ${verdict} (${reason}) ${JSON.stringify(sqnrDb)} python ${JSON.stringify(python)}${verdict === "undecided" ? ` ${message.slice(0, 300)}` : ""}`,
  );
console.log(`exit code ${exitCode}`);
process.exitCode = exitCode === 5 ? 5 : 0;

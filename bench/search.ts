/** `node bench/search.ts`: the search against contiguous bisect on the same probes. Prints the table of docs/search.md. */
import { markdownTable } from "markdown-table";
import { type Compared, type Contiguous, compareOne, isBetter, searchCases } from "./search-cases.ts";
import { openCase } from "./search-lane.ts";

const compared: Compared[] = [];
for (const model of searchCases) {
  const opened = await openCase(model);
  for (const limitDb of model.limitsDb) {
    process.stderr.write(`${model.key} at ${limitDb} dB\n`);
    compared.push(await compareOne(model, opened, limitDb));
  }
  await opened.close();
}

const contiguous = (found: Contiguous | undefined) => (found ? `${found.kept}${found.heldOut ? "" : " (fails held-out)"}` : "none");
const rows = compared.map((each) => {
  const { ranked, model, units, plainDb, limitDb, forward, reverse } = each;
  const prefixes = ranked.prefix.map(({ length }) => length ?? "none").join(" / ");
  const kept = ranked.kind === "diffuse" ? "diffuse" : `${ranked.keep.length} (${ranked.kind})`;
  const heldOut = ranked.proof.result ? `${ranked.proof.result.sqnrDb.toFixed(1)} (${ranked.proof.state})` : "";
  return [
    `${model} (${plainDb.toFixed(1)} -> ${limitDb} dB)`,
    `${units}`,
    prefixes,
    kept,
    heldOut,
    contiguous(forward),
    contiguous(reverse),
  ];
});
const head = ["case (plain INT8 -> limit)", "units", "prefix", "ranked keeps", "proof dB", "bisect forward", "bisect reverse"];
process.stdout.write(`${markdownTable([head, ...rows])}\n`);
const worse = compared.filter((each) => !isBetter(each));
process.stdout.write(
  `\n${compared.length - worse.length} of ${compared.length} cases keep fewer units than bisect, or say that no set holds.\n`,
);
process.exitCode = worse.length === 0 ? 0 : 1;

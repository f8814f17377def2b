/** The sides of a comparison of Q/DQ models as ONNX files, where no file of the user's is one: for other tools to run. Runs nothing. */
import type { Files } from "../../effects/effects.ts";
import type { SideModels } from "../../model/lane.ts";
import { embed, isExternal, storedBytes } from "../../onnx/constants.ts";
import { encodeNetwork, type Network } from "../../onnx/network.ts";
import { assign } from "./candidate.ts";
import type { Sides } from "./quantized-pair.ts";
import { runnableFile } from "./runnable.ts";

/** Which sides of a comparison with these units kept are in no file of the user's. */
export const unfiledSides = (
  { comesAsQdq, readAnew }: Pick<Sides, "comesAsQdq" | "readAnew">,
  keep: ReadonlySet<string>,
): { readonly reference: boolean; readonly candidate: boolean } => ({
  reference: comesAsQdq === "alone" || readAnew?.reference === true,
  candidate: comesAsQdq !== undefined && (keep.size > 0 || readAnew?.candidate === true),
});

/** The float model of a file that comes as Q/DQ alone; the candidate where units are kept; either where other programs cannot run the file as it is. */
export async function sideModels(
  sides: Sides,
  { keep, mostBytes }: { readonly keep: ReadonlySet<string>; readonly mostBytes: number },
  files: Files,
): Promise<SideModels> {
  const unfiled = unfiledSides(sides, keep);
  const whole = (network: Network) => wholeNetwork(runnableFile(network, sides.fed ?? new Map()), mostBytes, files);
  const reference = unfiled.reference ? await whole(sides.reference) : undefined;
  const candidate = unfiled.candidate ? await whole(assign(sides.candidate, keep)) : undefined;
  return { ...(reference ? { reference } : {}), ...(candidate ? { candidate } : {}) };
}

/** Undefined where it would be larger: a protobuf file ends at 2 GiB. */
async function wholeNetwork(network: Network, mostBytes: number, files: Files): Promise<Uint8Array | undefined> {
  const bytes = [...network.constants.values()].reduce((sum, tensor) => sum + (storedBytes(tensor) ?? 0), 0);
  if (bytes > mostBytes) return undefined;
  const constants = new Map(network.constants);
  for (const [name, tensor] of constants) if (isExternal(tensor)) constants.set(name, await embed(tensor, network.folder, files));
  return encodeNetwork({ ...network, constants });
}

/** The sides of a comparison of Q/DQ models as ONNX files, where no file of the user's is one: for other tools to run. Runs nothing. */
import type { Files } from "../../effects/effects.ts";
import type { SideModels } from "../../model/lane.ts";
import { embed, isExternal, storedBytes } from "../../onnx/constants.ts";
import { encodeNetwork, type Network } from "../../onnx/network.ts";
import { assign } from "./candidate.ts";
import type { Sides } from "./quantized-pair.ts";

/** Which sides of a comparison with these units kept are in no file of the user's. */
export const unfiledSides = (
  { comesAsQdq, isReadAnew = false }: Pick<Sides, "comesAsQdq" | "isReadAnew">,
  keep: ReadonlySet<string>,
): { readonly reference: boolean; readonly candidate: boolean } => ({
  reference: comesAsQdq === "alone",
  candidate: comesAsQdq !== undefined && (keep.size > 0 || isReadAnew),
});

/** The float model of a file that comes as Q/DQ alone; the candidate where units are kept, or where only TensorRT has the file's operators. */
export async function sideModels(
  sides: Sides,
  { keep, mostBytes }: { readonly keep: ReadonlySet<string>; readonly mostBytes: number },
  files: Files,
): Promise<SideModels> {
  const unfiled = unfiledSides(sides, keep);
  const reference = unfiled.reference ? await wholeNetwork(sides.reference, mostBytes, files) : undefined;
  const candidate = unfiled.candidate ? await wholeNetwork(assign(sides.candidate, keep), mostBytes, files) : undefined;
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

/** Runs the same engine twice on one sample: a difference then is the engine's own, not the builder's. */
import type { Tensor } from "../tensor/tensor.ts";
import { type Judging, plainCandidate } from "./outputs.ts";

/** True where every output of the candidate has the same bytes in both runs. */
export async function isRepeatIdentical(judging: Judging): Promise<boolean> {
  const once = async () => {
    const outputs = new Map<string, Tensor>();
    for await (const { tensor, candidate } of judging.lane.run({ assignment: plainCandidate, samples: [0], detail: "outputs" }))
      if (candidate) outputs.set(tensor, candidate);
    return outputs;
  };
  const [first, second] = [await once(), await once()];
  return first.size > 0 && [...first].every(([name, tensor]) => sameBytes(tensor, second.get(name)));
}

const bytesOf = ({ data }: Tensor) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);
const sameBytes = (a: Tensor, b: Tensor | undefined) => b !== undefined && bytesOf(a).equals(bytesOf(b));

/** What a parsed network must look like, and that a build left it as it was: checks that several construction checks share, with their figures. */
import { markable } from "../src/lanes/tensorrt/layer-map.ts";
import type { NetworkFacts, NetworkState, NetworkTensor } from "../src/lanes/tensorrt/protocol.ts";
import type { Contract } from "./construction-contract.ts";
import type { Loaded } from "./construction-worker.ts";

const classifierEnds = /^x FLOAT -1,3,-1,-1 -> softmax_0\.tmp_0 FLOAT /;

export function checkEnds({ check }: Contract, name: string, { facts, seconds }: Loaded): void {
  const ends = endsOf(facts);
  check(`${name}: inputs and outputs`, classifierEnds.test(ends), { ends, seconds, layers: facts.layers.length }, "ONNX's names, float");
}

/** Without `dtype` their type is the builder's to choose. */
export function checkConvolutions({ check }: Contract, name: string, facts: NetworkFacts, dtype?: string): void {
  const found = tensorsOf(facts, "CONVOLUTION");
  const marks = markable(facts.layers);
  const pass = found.length > 0 && found.every((one) => marks.includes(one.name)) && (dtype === undefined || allAre(found, dtype));
  const types = (type: string) => counts(tensorsOf(facts, type).map((one) => one.dtype));
  const figure = { convolutions: types("CONVOLUTION"), quantize: types("QUANTIZE"), dequantize: types("DEQUANTIZE"), casts: types("CAST") };
  check(`${name}: convolutions`, pass, figure, `can be marked${dtype === undefined ? "" : `, ${dtype}`}`);
}

export async function checkRestored({ check }: Pick<Contract, "check">, name: string, loaded: Loaded, before: NetworkState): Promise<void> {
  const now = await loaded.state();
  const figure = { outputs: now.outputs, set: now.set.length, added: added(now, before) };
  check(`${name}: as parsed again`, same(now, before), figure, "as before the build");
}

/** Layers on which something is set that was not set so before. */
export const added = (now: NetworkState, before: NetworkState): NetworkState["set"] =>
  now.set.filter((layer) => !before.set.some((one) => same(one, layer)));

export const tensorsOf = (facts: NetworkFacts, type?: string): NetworkTensor[] =>
  facts.layers
    .filter((layer) => type === undefined || layer.type === type)
    .flatMap(({ outputs }) => outputs.flatMap((tensor) => tensor ?? []));
/** False for none at all. */
export const allAre = (tensors: readonly NetworkTensor[], dtype: string): boolean =>
  tensors.length > 0 && tensors.every((tensor) => tensor.dtype === dtype);
export const line = (tensor: NetworkTensor | null): string =>
  tensor === null ? "none" : `${tensor.name} ${tensor.dtype} ${tensor.shape}${tensor.isShape ? " (shape)" : ""}`;
/** `input type dims -> output type dims` */
export const endsOf = (facts: NetworkFacts): string => `${facts.inputs.map(line)} -> ${facts.outputs.map(line)}`;
export const counts = (words: readonly string[]): Record<string, number> =>
  Object.fromEntries([...new Set(words)].sort().map((word) => [word, words.filter((one) => one === word).length]));
export const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

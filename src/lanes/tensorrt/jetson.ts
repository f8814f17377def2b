/** A Jetson board, whose GPU no usable `nvidia-smi` describes: what its own files say of it. Whether TensorRT works there the worker tells. */
import type { Effects } from "../../effects/effects.ts";

export interface Board {
  readonly uuid: string;
  readonly name: string;
  readonly driver: string;
  readonly totalMiB: undefined;
  readonly usedMiB: undefined;
}

/** Undefined on every other machine. `driver` is the release of Linux for Tegra. */
export async function jetson({ files }: Pick<Effects, "files">): Promise<Board | undefined> {
  const release = await read(files, "/etc/nv_tegra_release");
  // "# R36 (release), REVISION: 3.0, GCID: …"
  const [, major, revision] = /^# R(\d+) \(release\), REVISION: ([\d.]+)/.exec(release ?? "") ?? [];
  if (major === undefined || revision === undefined) return undefined;
  const model = (await read(files, "/proc/device-tree/model"))?.split("\0").join("").trim();
  return {
    uuid: "jetson",
    name: model === undefined || model === "" ? "NVIDIA Jetson" : model,
    driver: `L4T R${major}.${revision}`,
    totalMiB: undefined,
    usedMiB: undefined,
  };
}

/** The files belong to the system: one that is not there says that this is no Jetson. */
const read = (files: Effects["files"], path: string): Promise<string | undefined> => files.readText(path).catch(() => undefined);

/** What this machine has for the lanes: GPU, TensorRT, ONNX Runtime, disk. Looks and starts nothing that stays. */
import type { Effects } from "../../effects/effects.ts";
import { ToolError } from "../../effects/failure.ts";
import { loadRuntime, preinstallCommand } from "../simulate/runtime.ts";
import { explicitLane, implicitLane, productOf, securityNotes } from "./capabilities.ts";
import { askForGpu, type Gpu, noGpu } from "./gpu.ts";
import { askInterpreter, type Interpreter } from "./interpreter.ts";
import type { Hello } from "./protocol.ts";
import { otherTrtexec, trtexecVersion } from "./trtexec-version.ts";
import { Worker } from "./worker.ts";

export interface LaneState {
  readonly lane: "simulate" | "implicit" | "explicit";
  readonly works: boolean;
  readonly why: string;
}
/** `command` installs what is missing, ready to paste. */
export interface Missing {
  readonly what: string;
  readonly command: string;
}

export interface Machine {
  readonly gpu: Gpu | undefined;
  readonly hello: Hello | undefined;
  /** The interpreter that was asked for, also where TensorRT does not load in it; undefined where it does not start. */
  readonly interpreter: Interpreter | undefined;
  /** Version of the `trtexec` on the PATH. */
  readonly trtexec: string | undefined;
  readonly onnxruntime: string | undefined;
  readonly freeBytes: number;
  readonly lanes: readonly LaneState[];
  /** Whether NVIDIA's strongly typed builder can judge models here, which needs no GPU. */
  readonly builderCheck: { readonly works: boolean; readonly why: string };
  readonly missing: readonly Missing[];
  readonly notes: readonly string[];
}

/** Least free disk for engines and dumps of one model. */
const leastFreeBytes = 2 * 2 ** 30;

/** `python`: the interpreter to ask. Never rejects for a tool that is missing: the lane that needs it does not work, with why. May install ONNX Runtime. */
export async function inspectMachine(effects: Effects, python: string): Promise<Machine> {
  const [answer, worker, interpreter, runtime, trtexec] = await Promise.all([
    askForGpu(effects),
    askWorker(effects, python),
    askInterpreter(effects, python),
    attempt(() => loadRuntime(effects)),
    trtexecVersion(effects),
  ]);
  const freeBytes = await effects.files.freeBytes(effects.cwd);
  const hello = "value" in worker ? worker.value : undefined;
  const whyNot = "why" in answer ? answer.why : "error" in worker ? worker.error : undefined;
  return {
    gpu: "gpu" in answer ? answer.gpu : undefined,
    hello,
    interpreter,
    trtexec,
    onnxruntime: "value" in runtime ? runtime.value.version : undefined,
    freeBytes,
    lanes: [
      {
        lane: "simulate",
        works: "value" in runtime,
        why: "value" in runtime ? `ONNX Runtime ${runtime.value.version} on the CPU` : runtime.error,
      },
      { lane: "implicit", ...stateOf(whyNot, hello, (one) => implicitLane(one.features)) },
      { lane: "explicit", ...stateOf(whyNot, hello, (one) => explicitLane(one.features)) },
    ],
    builderCheck: builderCheckOf(hello, interpreter),
    missing: [
      ...("error" in runtime ? [{ what: "ONNX Runtime", command: await preinstallCommand(effects) }] : []),
      ...("why" in answer ? [missingGpu(answer.why)] : []),
      ...("error" in worker ? missingPython(worker.error, python) : []),
      ...(freeBytes < leastFreeBytes ? [{ what: "2 GiB of free disk", command: `df -h ${JSON.stringify(effects.cwd)}` }] : []),
    ],
    notes: hello === undefined ? [] : [...securityNotes(hello), otherTrtexec(hello, trtexec)].filter((note) => note !== undefined),
  };
}

function stateOf(
  whyNot: string | undefined,
  hello: Hello | undefined,
  capability: (hello: Hello) => { readonly works: boolean; readonly why: string },
) {
  if (whyNot !== undefined || hello === undefined) return { works: false, why: whyNot ?? "no answer from Python" };
  if (hello.notHere !== null)
    return { works: false, why: `${productOf(hello)} runs no engine on this machine (${hello.notHere.slice(0, 300)})` };
  const { works, why } = capability(hello);
  return { works, why: `${productOf(hello)}: ${why}` };
}

function builderCheckOf(hello: Hello | undefined, interpreter: Interpreter | undefined): Machine["builderCheck"] {
  const [installed] = Object.entries(interpreter?.packages ?? {}).flatMap(([name, version]) =>
    name.startsWith("tensorrt_rtx") ? [version] : [],
  );
  const version = hello?.product === "TensorRT for RTX" ? hello.tensorrt : installed;
  if (interpreter === undefined) return { works: false, why: "it needs Python with TensorRT for RTX (tensorrt-rtx-cu13-bindings)" };
  return version === undefined
    ? { works: false, why: "TensorRT for RTX is not installed in this Python (tensorrt-rtx-cu13-bindings)" }
    : { works: true, why: `TensorRT for RTX ${version} builds without a GPU` };
}

const missingGpu = (why: string): Missing =>
  why === noGpu
    ? { what: "an NVIDIA driver (only for the TensorRT lanes)", command: "sudo apt-get install nvidia-driver-580" }
    : { what: `a GPU that answers (${why})`, command: "nvidia-smi" };

/** Pinned; which versions ran on hardware says docs/compatibility.md. */
const packages: readonly (readonly [module: string, install: string])[] = [
  ["numpy", "numpy"],
  ["tensorrt", "tensorrt==10.13.3.9"],
  ["polygraphy", "polygraphy==0.53.6"],
];

function missingPython(error: string, python: string): Missing[] {
  if (/could not be started/.test(error))
    return python.includes("/")
      ? [{ what: `the Python interpreter '${python}', which is not there or does not start`, command: `${python} --version` }]
      : [{ what: `the Python interpreter '${python}' (only for the TensorRT lanes)`, command: "sudo apt-get install python3 python3-pip" }];
  const absent = packages.filter(([module]) => error.includes(`no module ${module}`));
  if (absent.length === 0)
    return [{ what: "a TensorRT that loads in Python", command: `${python} -c "import numpy, polygraphy, tensorrt"` }];
  return [
    {
      what: `Python packages ${absent.map(([module]) => module).join(", ")} (only for the TensorRT lanes)`,
      command: `${python} -m pip install ${absent.map(([, install]) => install).join(" ")}`,
    },
  ];
}

type Attempt<T> = { readonly value: T } | { readonly error: string };

async function askWorker(effects: Effects, python: string): Promise<Attempt<Hello>> {
  const worker = new Worker(effects, python);
  try {
    return await attempt(() => worker.hello());
  } finally {
    await worker.close();
  }
}

/** Only a tool's failure is an answer here; anything else is thrown on. */
async function attempt<T>(body: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await body() };
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    return { error: error.message };
  }
}

/** Mends of past faults, each with the edit that brings its fault back and the one test that must then fail. */

import type { Mutation } from "./mutation.ts";

const gateOnEngines = "test/real/tensorrt-gate.test.ts";

export const mends: readonly Mutation[] = [
  {
    fault: "The calibration cache that the printed command names is not among the files of the fix.",
    edits: [{ file: "src/artifacts/fix.ts", before: "files: [...files, ...cache, ...patch],", after: "files: [...files, ...patch]," }],
    test: "test/real/exported-cache.test.ts",
    title: "is among the files of the fix, since only those are uploaded and merged, as is all else that lies in its folder",
  },
  {
    fault: "A Q/DQ model's comment commits a keep file alone, so that the file that ships still quantises the kept units.",
    edits: [
      {
        file: "src/report/sections/kept.ts",
        before: "(fixedQdqFile(model)?.commit ?? patchCommand(model))",
        after: "patchCommand(model)",
      },
    ],
    test: "test/unit/report/adopt-fix.test.ts",
    title: "are the fixed model in its place where the model comes as Q/DQ, then the patch",
  },
  {
    fault: "A foreign report's advice brings a command into a block of our comment that people copy.",
    edits: [
      {
        file: "src/commands/merged-files.ts",
        before: "advice: home === undefined ? model.advice.map(withoutCommand) : model.advice,",
        after: "advice: model.advice,",
      },
    ],
    test: "test/unit/commands/merged-files.test.ts",
    title: "give no command to copy out of a foreign report: neither of a fix nor of a scale to put back",
  },
  {
    fault: "The failed first try of a tool is the answer of a probe.",
    edits: [
      {
        file: "src/search/probe-runner.ts",
        before: 'const result = first.kind === "unknown" ? await this.#once(question, key) : first;',
        after: "const result = first;",
      },
    ],
    test: "test/faults/search.test.ts",
    title: "probe whose tool fails",
  },
  {
    fault: "The failed first try of a tool is recorded, and counts as a build.",
    edits: [
      {
        file: "src/search/probe-runner.ts",
        before: "const first = await this.#once(question, key);",
        after: 'const first = await this.#once(question, key);\n    if (first.kind === "unknown") this.#record(question, first);',
      },
    ],
    test: "test/faults/search.test.ts",
    title: "probe whose tool fails",
  },
  {
    fault: "One failed try makes a fix unproved.",
    edits: [
      {
        file: "src/search/probe-runner.ts",
        before: 'const result = first.kind === "unknown" ? await ask() : first;',
        after: "const result = first;",
      },
    ],
    test: "test/unit/search/ranked.test.ts",
    title: "asks a failed tool once more, and says nothing of a set that it could not ask about",
  },
  {
    fault: "An uncaught error ends with Node's own exit code 1, which means regression.",
    edits: [
      {
        file: "src/process-guard.ts",
        before: 'process.on("uncaughtException", bug);',
        after: 'process.on("uncaughtException", () => process.exit(1));',
      },
    ],
    test: "test/integration/process-end.test.ts",
    title: "thrown, is a bug of the gate: exit 5 with its stack, never 1, and nothing stays behind",
  },
  {
    fault: "A rejection that nobody handles ends with Node's own exit code 1.",
    edits: [
      {
        file: "src/process-guard.ts",
        before: 'process.on("unhandledRejection", bug);',
        after: 'process.on("unhandledRejection", () => process.exit(1));',
      },
    ],
    test: "test/integration/process-end.test.ts",
    title: "rejected with a text, is a bug of the gate: exit 5 with its stack, never 1, and nothing stays behind",
  },
  {
    fault: "A comparison that could not be printed ends as a regression.",
    edits: [{ file: "src/process-guard.ts", before: 'if (error.code !== "EPIPE") failure ??= error.message;', after: "throw error;" }],
    test: "test/integration/process-end.test.ts",
    title: "is exit 4 for a comparison that passes: nobody has read the pass",
  },
  {
    fault: "Nobody listens for the error of an idle comparison thread.",
    edits: [{ file: "src/compare/worker-pool.ts", before: 'worker.on("error", (error) => {', after: 'worker.once("never", (error) => {' }],
    test: "test/faults/gate.test.ts",
    title: "comparison thread that fails between two jobs",
  },
  {
    fault: "Any folder of a report's path counts as a share, so a lost share passes.",
    edits: [
      {
        file: "src/commands/join-reports.ts",
        before: "basename(dirname(normalize(path))) === name",
        after: 'normalize(path).split("/").includes(name)',
      },
    ],
    test: "test/unit/commands/join-reports.test.ts",
    title: "counts a share as reported only where its own folder holds the report: another folder of the path proves nothing",
  },
  {
    fault: "Layer tables show the precisions of the engine that was built last.",
    edits: [
      {
        file: "src/check/assemble.ts",
        before: "(decided.run.engine.facts.executed ?? []).flatMap(",
        after: "((arguments[0].fixed ?? decided.run.engine).facts.executed ?? []).flatMap(",
      },
    ],
    test: gateOnEngines,
    title: "keeps the one unit that INT8 breaks",
  },
  {
    fault: "The simulate lane compares a session with itself and reports that marking changed nothing.",
    edits: [{ file: "src/lanes/simulate/engine.ts", before: "markingDb: undefined,", after: "markingDb: Number.POSITIVE_INFINITY," }],
    test: "test/real/gate.test.ts",
    title: "is a regression by the default limits, with its worst layers named, within 3 dB of the recorded engine",
  },
  {
    fault: "A probe keeps the outputs of every sample in memory.",
    edits: [
      {
        file: "src/evaluate/outputs.ts",
        before: "await measure(fanOut(engine.outputs(samples), sinks), measureOptions(judging));",
        after: "await measure(await Array.fromAsync(fanOut(engine.outputs(samples), sinks)), measureOptions(judging));",
      },
    ],
    test: "test/integration/probes/held-tensors.test.ts",
    title: "is one sample while the plain candidate is judged, and while a probe is",
  },
  {
    fault: "A probe answers with the engine that was built last.",
    edits: [
      {
        file: "src/probes/probe.ts",
        before: "const engine = await judging.lane.build({ keep }, { fresh });",
        after: "const engine = await judging.lane.build({ keep }, { fresh });\n    lastBuilt = engine;",
      },
      { file: "src/probes/probe.ts", before: "    engine,\n    floatUnits", after: "    engine: lastBuilt,\n    floatUnits" },
      { file: "src/probes/probe.ts", before: "export function judgedResult(", after: "let lastBuilt;\nexport function judgedResult(" },
    ],
    test: "test/unit/evaluate/outputs.test.ts",
    title: "holds the engine that answered, whatever was built since",
  },
  {
    fault: "The latency of a fix is that of whatever was timed last.",
    edits: [
      { file: "src/evaluate/latency.ts", before: "fixed: of(fixed?.facts), byPlan", after: "fixed: [...byPlan.values()].at(-1), byPlan" },
    ],
    test: "test/unit/evaluate/latency.test.ts",
    title: "asks for FP16, candidate, fix and a few tried ones in one go, each plan once",
  },
  {
    fault: "A sleep of more than 24.8 days is over at once.",
    edits: [
      {
        file: "src/effects/clock.ts",
        before: "for (let left = ms; left > 0; left -= longestTimerMs)\n        await delay(Math.min(left, longestTimerMs), undefined,",
        after: "await delay(ms, undefined,",
      },
    ],
    test: "test/faults/children.test.ts",
    title: "deadline beyond 24.8 days",
  },
  {
    fault: "A loader script has half an hour, whatever is left of the run.",
    edits: [
      {
        file: "src/samples/loader.ts",
        before: "Math.max(1, Math.min(mostMs, deadlineMs - effects.clock.monotonicMs()))",
        after: "Math.max(1, Math.min(mostMs, Math.max(deadlineMs, mostMs)))",
      },
    ],
    test: "test/real/tensorrt-loader.test.ts",
    title: "is stopped at the run's deadline (200 ms away)",
  },
  {
    fault: "Calibration on the CPU ignores the run's deadline.",
    edits: [{ file: "src/lanes/simulate/calibrate-model.ts", before: "    checkTime(work, i);\n", after: "" }],
    test: "test/faults/machine.test.ts",
    title: "deadline in calibration",
  },
  {
    fault: "Two entries of one ONNX file share a search journal and erase each other's probes.",
    edits: [
      {
        file: "src/probes/search.ts",
        before: "fileName(judging.entry.name)",
        after: '"search"',
      },
    ],
    test: "test/faults/search.test.ts",
    title: "two entries of one file in one journal",
  },
  {
    fault: "The float session of marked layers stays open where the candidate cannot be opened.",
    edits: [
      { file: "src/lanes/simulate/layers.ts", before: "    await reference.release();\n    throw error;", after: "    throw error;" },
    ],
    test: "test/unit/lanes/simulate/layers.test.ts",
    title: "lets the reference go where the candidate cannot be opened",
  },
  {
    fault: "Names that differ in a separator only are saved to one file.",
    edits: [{ file: "src/effects/file-name.ts", before: "return plain === name ? plain :", after: 'return name !== "" ? plain :' }],
    test: "test/faults/search.test.ts",
    title: "two entries of one file in one journal",
  },
  {
    fault: "The samples that prove a fix are those that it was searched on.",
    edits: [
      {
        file: "src/search/sample-split.ts",
        before: "choose.length === 0 ? [] : fresh.slice(ranking + size)",
        after: "choose.length === 0 ? [] : fresh.slice(ranking)",
      },
    ],
    test: "test/unit/search/sample-split.test.ts",
    title: "makes three sets that do not meet, each a third, the rest proving",
  },
  {
    fault: "The search bisects on the samples that prove.",
    edits: [
      {
        file: "src/search/choose.ts",
        before: 'keep: ranking.order.slice(0, length), samples: "choose" }',
        after: 'keep: ranking.order.slice(0, length), samples: "prove" }',
      },
    ],
    test: "test/unit/search/ranked.test.ts",
    title: "is asked once, and its answer changes nothing that was chosen",
  },
  {
    fault: "`cache to-qdq` leaves the weights of its check beside the model that it writes.",
    edits: [
      {
        file: "src/commands/simulate-job.ts",
        before: "(qdq ? { qdqPath: qdq.modelPath } : {})",
        after: "(qdq ? { qdqPath: quantization.qdqPath } : {})",
      },
    ],
    test: "test/real/calibration.test.ts",
    title: "leaves the model and nothing else in the folder that it writes to",
  },
  {
    fault: "`cache to-qdq` names its own copy of the model in messages.",
    edits: [
      {
        file: "src/commands/cache-to-qdq.ts",
        before: "stageModel({ path: modelPath, shownAs: modelName, folder",
        after: "stageModel({ path: modelPath, folder",
      },
    ],
    test: "test/real/calibration.test.ts",
    title: "speaks of the files that were named on the line, never of the copies that it works on",
  },
  {
    fault: "An old Node loads the command before its version is looked at.",
    edits: [
      {
        file: "src/node-version.ts",
        before: "if (rank(version) >= rank(oldestNode)) return undefined;",
        after: 'if (version !== "") return undefined;',
      },
    ],
    test: "test/integration/process-end.test.ts",
    title: "is refused with one sentence and exit 2, before anything that it could not read",
  },
  {
    fault: "A constant that the model adds hides that what it predicts is lost.",
    edits: [
      {
        file: "src/gate/variation-findings.ts",
        before: "variation?.sqnrDb ?? withoutOneMean(measurement, whole)",
        after: "withoutOneMean(measurement, whole)",
      },
    ],
    test: "test/unit/measure/variation.test.ts",
    title: "is told by what varies at each position",
  },
  {
    fault: "Entries along the first axis, and along axes of more than 256, are lost unseen.",
    edits: [{ file: "src/measure/measure.ts", before: 'emptyEntries(shape, "all")', after: 'emptyEntries(shape, "listed")' }],
    test: "test/unit/measure/parts.test.ts",
    title: "has figures along its first axis, which may be no batch, and along long ones, apart from those of the list",
  },
  {
    fault: "A half-precision copy of a calibration sample is a new sample.",
    edits: [
      { file: "src/samples/sketch.ts", before: "const single = 2 ** -10;", after: "const single = 2 ** -20;" },
      { file: "src/samples/sketch.ts", before: "const apart = 2 ** -6;", after: "const apart = 2 ** -20;" },
    ],
    test: "test/unit/samples/sketch.test.ts",
    title: "knows near-copies of them: a gain, rounding to half precision or to 8 bits",
  },
  {
    fault: "A pass stays one though its samples do not rule out a model that is clearly beyond its limit.",
    edits: [{ file: "src/gate/certainty.ts", before: "const tooFarDb = 0.25;", after: "const tooFarDb = 1;" }],
    test: "test/unit/gate/certainty.test.ts",
    title: "is undecided where the samples do not rule out a model that is clearly beyond the limit",
  },
  {
    fault: "Validation samples that made the cache are not seen where the cache alone is given.",
    edits: [{ file: "src/prepare/quantization.ts", before: "calibrationRows: check.origin?.rows,", after: "calibrationRows: undefined," }],
    test: "test/faults/calibration.test.ts",
    title: "are found with the cache alone, in whatever file and order they lie",
  },
  {
    fault: "A verdict on samples that `inputs` made up reads like one on real ones.",
    edits: [
      {
        file: "src/formats/polygraphy-writer.ts",
        before: "source.isMadeUp?.(index) ? { [madeUpMark.key]: madeUpMark.value } : {}",
        after: "{}",
      },
    ],
    test: "test/faults/configuration.test.ts",
    title: "made-up samples under another name",
  },
  {
    fault: "Printed lines call a command that is on nobody's PATH.",
    edits: [{ file: "src/commands/check.ts", before: "    command: effects.command,\n", after: "" }],
    test: "test/integration/commands/printed-lines.test.ts",
    title: "make the fix where `trt-gate` is on no PATH",
  },
  {
    fault: "A pass that lost 18 dB against its base is as safe to merge as any.",
    edits: [{ file: "src/check/caveats.ts", before: "  ...lostSinceBase(facts, outputs),\n", after: "" }],
    test: "test/integration/commands/base-by-default.test.ts",
    title: "names the base, both figures and the scale where a pass lost far, and its next command puts the cache back",
  },
  {
    fault: "A check on one's own machine has no base where nobody names one.",
    edits: [
      {
        file: "src/changes/compared-base.ts",
        before: "if (event !== undefined || head === undefined) return undefined;",
        after: "if (event !== undefined || head !== undefined) return undefined;",
      },
    ],
    test: "test/integration/changes/compared-base.test.ts",
    title: "is where the branch left main, and on main the last commit",
  },
  {
    fault: "A report of other files gives the base's figure.",
    edits: [{ file: "src/evaluate/baseline.ts", before: ".find((one) => one.inputsSha256 === then)", after: ".find(() => true)" }],
    test: "test/integration/commands/base-by-default.test.ts",
    title: "takes the base's figures from the report of an earlier run of the same files",
  },
  {
    fault: "Git LFS downloads the base's model for a figure that nobody asked for.",
    edits: [
      {
        file: "src/changes/compared-base.ts",
        before: 'await effects.files.makeTempFolder("baseline"), "pointers")',
        after: 'await effects.files.makeTempFolder("baseline"))',
      },
    ],
    test: "test/integration/changes/compared-base.test.ts",
    title: "hold what a Git LFS pointer stands for where this clone has it, and nothing is downloaded for the others",
  },
  {
    fault: "FP8 that ran in INT8, or FP4 that ran in FP8, counts as quantised.",
    edits: [
      {
        file: "src/lanes/tensorrt/executed-precision.ts",
        before: "layer.precision.toUpperCase() === precision;",
        after: "/int8|fp8|fp4|int4/i.test(layer.precision) && precision !== undefined;",
      },
    ],
    test: "test/unit/lanes/tensorrt/int8-units.test.ts",
    title: "run in what their own Q/DQ asks for where that is not INT8",
  },
  {
    fault: "A model in bfloat16 is given to ONNX Runtime's quantisers, which have no bfloat16: undecided as a limit of the lane.",
    edits: [
      {
        file: "src/lanes/simulate/half-in-float.ts",
        before: "const hasPairs = !narrow.includes(DataType.BFLOAT16);",
        after: "const hasPairs = true;",
      },
    ],
    test: "test/real/reproduce.test.ts",
    title: "of ModelOpt's int8-onnx-bf16, beside float, runs in Python's ONNX Runtime, which has no such types or operators",
  },
];

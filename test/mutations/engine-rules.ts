// biome-ignore-all lint/suspicious/noTemplateCurlyInString: edits are texts of the source
/**
 * The rules of the TensorRT lanes, each with an edit that breaks it and the test, nearly always on the stand-in, that must then fail. One block a rule:
 * what is judged is what ships, what ran is part of the verdict, a fix says what it does, and the machine is taken as it is.
 */
import type { Mutation } from "./mutation.ts";

const real = (name: string) => `test/real/tensorrt-${name}.test.ts`;

type Change = readonly [file: string, before: string, after: string];

/** `test`: file and title. */
const broken = (fault: string, [file, before, after]: Change, [test, title]: readonly [string, string]): Mutation => ({
  fault,
  edits: [{ file, before, after }],
  test,
  title,
});

const lane = (name: string) => `src/lanes/tensorrt/${name}.ts`;
const worker = (name: string) => `python/trt_worker/${name}.py`;

const timing = (title: string) => [real("timing"), title] as const;
const marksToo = timing(
  "is that of every build in the implicit lane, with a calibrating build, marks, a search, its fix and an FP32 reference",
);
const printed = timing("is that of every printed command that builds, and of the script that measures again");

const timingCache: readonly Mutation[] = [
  broken(
    "Engines with marked layers go around the shared timing cache.",
    [
      lane("session"),
      "timingCache: this.#timingCache(recipe) }",
      "timingCache: recipe.marks.length > 0 ? undefined : this.#timingCache(recipe) }",
    ],
    marksToo,
  ),
  broken(
    "The FP32 reference goes around the shared timing cache.",
    [lane("session"), "timingCache: this.#timingCache(recipe) }", "timingCache: recipe.fp16 ? this.#timingCache(recipe) : undefined }"],
    marksToo,
  ),
  broken(
    "The worker writes a timing cache that it never reads.",
    [worker("builds"), 'settings["load_timing_cache"] = options["timingCache"]', "pass"],
    marksToo,
  ),
  broken(
    "Polygraphy's own search goes around the shared timing cache.",
    ["src/debug-precision/search-by-polygraphy.ts", "timingCache: lane.timingCachePath,", "timingCache: undefined,"],
    timing("is that of every build in the implicit lane, by Polygraphy's bisect"),
  ),
  broken(
    "Polygraphy's own search builds on whichever GPU it finds.",
    ["src/debug-precision/run.ts", 'CUDA_MODULE_LOADING: "LAZY", ...device }', 'CUDA_MODULE_LOADING: "LAZY" }'],
    timing("is that of every build in the implicit lane, by Polygraphy's bisect"),
  ),
  broken(
    "Builds that shall show what another build gives share the run's timings.",
    [lane("session"), "shared === undefined || fresh !== true ? shared", "shared === undefined || fresh !== undefined ? shared"],
    timing("is that of all but the rebuilds where rebuilds ship"),
  ),
  broken(
    "The printed commands of both sides go around the timing cache.",
    [lane("reproduce"), "const timing = polygraphyTiming(timingCache);", "const timing = polygraphyTiming(undefined);"],
    printed,
  ),
  broken(
    "The printed commands of the fix go around the timing cache.",
    ["src/artifacts/build-flags.ts", "[...polygraphy, ...polygraphyTiming(timingCache)]", "[...polygraphy]"],
    printed,
  ),
  broken(
    "The printed trtexec commands go around the timing cache.",
    ["src/artifacts/build-flags.ts", "trtexec ? [...trtexec, ...trtexecTiming(timingCache)] : null", "trtexec ? [...trtexec] : null"],
    timing("is that of every printed trtexec command"),
  ),
  broken(
    "A level that respects no timing cache is given one.",
    [lane("session"), "tensorrt.optimizationLevel === 0 || this.#runtimeCache() !== undefined", "this.#runtimeCache() !== undefined"],
    timing("is none at a level that respects none"),
  ),
];

const artefacts = (title: string) => [real("artefacts"), title] as const;
const references = (title: string) => [real("references"), title] as const;
const rebuilds = artefacts("is a rebuild where the configuration says so: two real builds, each with timings of its own");
const claimed = artefacts("claims its proof for that file alone, and names every other unit in the forms of layer precisions");

const whatShips: readonly Mutation[] = [
  broken(
    "The plan in the report is not the candidate that was judged.",
    ["src/artifacts/engine-files.ts", '["candidate", judged.facts.plan],', '["candidate", judged.reference.plan],'],
    artefacts("come out again, byte for byte, from the printed commands"),
  ),
  broken(
    "The plan of the fix is not the one that was proved.",
    ["src/artifacts/engine-files.ts", '["fix", fixed?.facts.plan],', '["fix", fixed && judged.facts.plan],'],
    artefacts("is a Q/DQ model whose printed command gives, byte for byte, the plan that was proved"),
  ),
  broken(
    "The fixed model is made anew instead of being the file that was built.",
    ["src/artifacts/fix.ts", "(await builtModel(prepared, fixed)) ?? ", ""],
    [real("typed-commands"), "build the fix byte for byte: strongly typed"],
  ),
  broken(
    "Outputs are those of another build than the plan that ships.",
    [
      worker("builds"),
      'engine = engine_from_bytes(plan)\n    return engine, {\n        "seconds": time.monotonic() - start,\n        "sizeBytes": _size(plan),',
      'engine = engine_from_bytes(engine_bytes_from_network((loaded.builder, loaded.network), config=_config(loaded, dict(options, timingCache=None), calibration, samples)))\n    return engine, {\n        "seconds": time.monotonic() - start,\n        "sizeBytes": _size(plan),',
    ],
    [real("free"), "is failed, searched and fixed by Q/DQ, and what is shipped gives the figures of the report: implicit lane"],
  ),
  broken(
    "A second build votes on the engine that ships.",
    ["src/evaluate/outputs.ts", 'lane.deterministic || entry.tensorrt.ship === "engine"', "lane.deterministic"],
    artefacts("is the judged engine: nothing is built to vote on it"),
  ),
  broken(
    "A rebuild that ships is the first engine measured twice.",
    ["src/evaluate/outputs.ts", "await lane.build(plainCandidate, { fresh: true })", "await lane.build(plainCandidate)"],
    rebuilds,
  ),
  broken(
    "A rebuild that ships is never built.",
    ["src/evaluate/outputs.ts", "n < Math.max(1, entry.tensorrt.rebuilds)", "n < 0"],
    rebuilds,
  ),
  broken(
    "The first of two builds that disagree decides.",
    ["src/gate/noise.ts", "verdict: agree && isClear ? first.verdict", "verdict: isClear ? first.verdict"],
    artefacts("is undecided where two builds of a free builder fall on both sides of the limit, and each is in the report"),
  ),
  broken(
    "Where rebuilds ship, a fix is proved by the engine that it was searched on.",
    ["src/probes/probe.ts", 'samples === "prove" && entry.tensorrt.ship === "rebuild"', "false"],
    artefacts("is what proves a fix: another build of it, with timings of its own"),
  ),
  broken(
    "Scripts of layer precisions claim the proof of the Q/DQ model.",
    ["src/fix/header.ts", "proved === undefined || proved.format === format", "proved === undefined || proved.format !== undefined"],
    claimed,
  ),
  broken(
    "The precision map is an order, which a layer without such a kernel cannot follow.",
    ["src/fix/nodes.ts", '(int8NodesOf(fix).length > 0 ? "prefer" : "obey")', '"obey"'],
    claimed,
  ),
  broken(
    "The precision map leaves the units that are not kept to the builder.",
    ["src/artifacts/fix.ts", "int8: int8Units(prepared, outcome.keep),", "int8: [],"],
    claimed,
  ),
  broken(
    "The trtexec form leaves the units that are not kept to the builder.",
    ["src/fix/trtexec.ts", "...pinned.map((name) => `${name}:int8`)", "...pinned.slice(0, 0)"],
    ["test/integration/fix/shell.test.ts", "name every other unit with scales as INT8, by precision alone"],
  ),
  broken(
    "A plan that a pull request's commit holds is opened.",
    [
      "src/prepare/given-files.ts",
      "context.trust.isProposal && context.tracked?.has(normalize(path))",
      "context.trust.isProposal && context.tracked?.has(path) === undefined",
    ],
    ["test/unit/prepare/given-files.test.ts", "is this job's own: a plan that the proposal's commit holds is refused"],
  ),
  broken(
    "A plan of another TensorRT or GPU is a failure without its reason.",
    [worker("builds"), 'raise Failure("plan-refused", ', 'raise Failure("run-failed", '],
    references("are undecided where they are for another version, with TensorRT's own words"),
  ),
  broken(
    "The words of TensorRT are lost where it refuses a plan.",
    [worker("builds"), "(keeper.errors() or [str(error)])[-1]", "str(error)"],
    references("are undecided where they are for another GPU, with TensorRT's own words"),
  ),
  broken(
    "A plan that is given is built once more.",
    [
      lane("session"),
      "recipe.given === undefined ? await this.#build(recipe, engine, plan)",
      'recipe.what !== "" ? await this.#build(recipe, engine, plan)',
    ],
    references("are judged without a build, and bit for bit as by the run that built them"),
  ),
  broken(
    "The given reference is judged as the candidate, where the entry has scales.",
    [
      lane("implicit"),
      "int8: true, calibration }, job.plans?.candidate);",
      "int8: true, calibration }, job.plans?.reference ?? job.plans?.candidate);",
    ],
    references("are judged the same where the entry has the scales too, and searched with them"),
  ),
  broken(
    "The given reference is judged as the candidate, where nothing can be searched.",
    [
      lane("implicit"),
      "int8: true }, parts.job.plans?.candidate),",
      "int8: true }, parts.job.plans?.reference ?? parts.job.plans?.candidate),",
    ],
    references("are judged without a build, and bit for bit as by the run that built them"),
  ),
];

const limited: readonly Mutation[] = [
  broken(
    "The limit of an artifact's size counts each model anew.",
    ["src/artifacts/engine-files.ts", "engineBytes.kept + sizeBytes > mostEngineBytes", "sizeBytes > mostEngineBytes"],
    ["test/unit/artifacts/engine-files.test.ts", "share one limit of size over all models of a run; what is beyond it is named with why"],
  ),
  broken(
    "Plans lie in the artifact of a workflow that keeps them out.",
    ["src/artifacts/engine-files.ts", "if (!settings.options.artifactEngines) return", "if (!settings.options) return"],
    artefacts("are named by hash alone where the workflow keeps them out"),
  ),
  broken(
    "A candidate that is slower than its entry allows passes.",
    ["src/evaluate/latency.ts", "if (slowdown <= maxSlowdown) return verdict;", "if (slowdown > 0) return verdict;"],
    ["test/unit/evaluate/latency.test.ts", "turns a pass into a regression beyond it, with both times and spreads"],
  ),
  broken(
    "An entry's limit of latency passes where nothing was timed.",
    ["src/evaluate/latency.ts", "if (slowdown <= maxSlowdown) return verdict;", "if (!(slowdown > maxSlowdown)) return verdict;"],
    ["test/unit/evaluate/latency.test.ts", "is undecided where engines gave no time, never a pass, and says why"],
  ),
];

const explicit = (title: string) => [real("explicit"), title] as const;
const implicit = (title: string) => [real("implicit"), title] as const;
const little = artefacts("makes a pass undecided, with the count and both latencies");
const region = artefacts("has units whose precision is unknown: no reason to call INT8 unused, FP16 not applied or a fix unproved");

const whatRan: readonly Mutation[] = [
  broken(
    "An engine without INT8 passes as one.",
    ["src/check/model.ts", "withInt8Share(verdict, facts.int8, tensorrt.minInt8Share, timed)", "verdict"],
    little,
  ),
  broken(
    "The least share of INT8 that an entry asks for counts for nothing.",
    ["src/evaluate/int8-share.ts", "mostShare >= leastShare && mostShare > 0", "mostShare > 0"],
    ["test/unit/evaluate/int8-share.test.ts", "passes nothing: it is undecided, with the count and both latencies"],
  ),
  broken(
    "An engine without INT8 is not told from FP16 by its latency.",
    ["src/evaluate/int8-share.ts", "${percent(leastShare)} are asked for.${speeds(timed)}", "${percent(leastShare)} are asked for."],
    little,
  ),
  broken(
    "Units that a free builder left in float count as INT8.",
    [lane("int8-units"), 'own.some((layer) => runsIn(layer, precision)) ? "int8"', 'own.length > 0 ? "int8"'],
    implicit("counts the units that the builder left in float"),
  ),
  broken(
    "Kept units count among those that should run in INT8.",
    [lane("built-sides"), "(unit) => !keep.has(unit.id) && unit.isWeightOnly", "(unit) => unit.isWeightOnly"],
    implicit("keeps units in FP16 as a Q/DQ model of the same scales, and takes them back for the next build"),
  ),
  broken(
    "Units inside a Myelin region count as left in float.",
    [lane("int8-units"), "own.length === 0 || own.some(isOpaque)", "own.length === 0"],
    region,
  ),
  broken(
    "An FP16 engine that is one Myelin region is refused.",
    [lane("executed-precision"), "runsHalf(layer) || isOpaque(layer)", "runsHalf(layer)"],
    region,
  ),
  broken(
    "The search takes units inside a Myelin region for float.",
    ["src/probes/probe.ts", ".test(layer.precision) && !isOpaque(layer);", ".test(layer.precision);"],
    [
      "test/unit/evaluate/outputs.test.ts",
      "takes units for float where the engine says so, and none inside a Myelin region, of which only the ends are shown",
    ],
  ),
  broken(
    "The layer table shows the type of a Myelin region's ends.",
    ["src/check/assemble.ts", "isOpaque(layer) ? [] : layer.nodes", "layer.nodes"],
    region,
  ),
  broken(
    "A kept unit that ran in INT8 all the same is called proved.",
    ["src/artifacts/fix.ts", "passes: ignored.length === 0 && (", "passes: ("],
    ["test/faults/tensorrt.test.ts", "kept layers that run in INT8 all the same"],
  ),
  broken(
    "A given engine without INT8 passes.",
    [lane("implicit"), "countedUnits: parts.facts.units,", "countedUnits: [],"],
    references("are no pass where they hold no INT8 layer"),
  ),
  broken(
    "The search predicts an error for units that the engine ran in float anyway.",
    ["src/search/engine-search.ts", "isFloat(id) ? Number.NaN : ", ""],
    ["test/unit/search/engine-search.test.ts", "expects nothing of units that the engine runs in higher precision anyway"],
  ),
  broken(
    "Every prefix is built that could be.",
    ["src/search/engine-search.ts", "const mostEngines = 3;", "const mostEngines = 30;"],
    ["test/unit/search/engine-search.test.ts", "builds at most three engines besides the plain one"],
  ),
];

const gate = (title: string) => [real("gate"), title] as const;
const inSingle = references("is FP32 in every form: without TF32, also where the configuration allows it, and without FP16");

const whatAFixSays: readonly Mutation[] = [
  broken(
    "Units that the implicit lane keeps are left to the builder: a fix is layer precisions, not Q/DQ.",
    [
      lane("implicit"),
      "const keeping = takesQdq(tools.hello) ?",
      'const keeping = takesQdq(tools.hello) && job.keepPrecision === "float32" ?',
    ],
    implicit("keeps units in FP16 as a Q/DQ model of the same scales, and takes them back for the next build"),
  ),
  broken(
    "The fix has scales of its own, not those that the candidate was judged with.",
    [
      lane("kept-qdq"),
      "insertQdq(model, this.#scales, files,",
      "insertQdq(model, new Map([...this.#scales].map(([name, scale]) => [name, 2 * scale])), files,",
    ],
    [real("free"), "is failed, searched and fixed by Q/DQ, and what is shipped gives the figures of the report: implicit lane"],
  ),
  broken(
    "The fixed model keeps the Q/DQ of the kept units.",
    [lane("kept-qdq"), "{ keep, placement: this.#placement }", "{ placement: this.#placement }"],
    implicit("keeps units in FP16 as a Q/DQ model of the same scales, and takes them back for the next build"),
  ),
  broken(
    "Q/DQ that the gate makes stand on compute nodes alone, which is not what ships.",
    ["src/lanes/simulate/placement.ts", 'placementOf(asked ?? "modelopt",', 'placementOf(asked ?? "core",'],
    explicit("places Q/DQ of its own as ModelOpt does, unless it is told otherwise"),
  ),
  broken(
    "Convolutions that ModelOpt leaves in float for their size are quantised.",
    ["src/onnx/placement/excluded.ts", "const fewest = 16;", "const fewest = 1;"],
    ["test/real/placement.test.ts", "quantises in paddle-classifier what ModelOpt quantises"],
  ),
  broken(
    "Both inputs of a residual Add are quantised.",
    [
      "src/onnx/placement/modelopt.ts",
      "floatEdges: [...inGroups, ...elementwise.floatEdges] }",
      "floatEdges: [...inGroups, ...elementwise.floatEdges].slice(0, 0) }",
    ],
    ["test/real/placement.test.ts", "quantises in helper-residual what ModelOpt quantises"],
  ),
  broken(
    "Q/DQ that TensorRT has no kernel for end the check.",
    ["src/check/other-placement.ts", 'reason !== "build-failed" || !wasCandidate', 'reason === "build-failed" || !wasCandidate'],
    gate("places Q/DQ more narrowly where TensorRT has no kernel for ModelOpt's placement, and says so"),
  ),
  broken(
    "A placement that the user asked for is replaced.",
    ["src/check/other-placement.ts", "quantization === undefined || quantization.placement !== undefined", "quantization === undefined"],
    ["test/unit/evaluate/other-placement.test.ts", "leaves it where the placement was asked for"],
  ),
  broken(
    "A given file is written anew where typing is strong.",
    [lane("explicit"), "const plainPath = given ?? (await write(", "const plainPath = (await write("],
    explicit("builds a given file as it stands where typing is strong: its outputs are those of the very file, bit for bit"),
  ),
  broken(
    "A mask beyond FP16's range becomes infinite.",
    [lane("half-network"), "Number.isFinite(value) ? Math.min(largestHalf, Math.max(-largestHalf, value)) : value", "value"],
    explicit("clamps a mask that FP16 cannot hold where the gate types the model: no output is lost"),
  ),
  broken(
    "A scale that FP16 cannot hold becomes zero.",
    [lane("half-network"), "values.map((scale) => Math.max(scale, smallestHalf))", "values"],
    ["test/unit/lanes/tensorrt/half-network.test.ts", "lets no scale of Q/DQ become zero, and leaves other small numbers as FP16 has them"],
  ),
  broken(
    "An FP32 reference computes in TF32 where the configuration allows it.",
    [lane("implicit"), 'what: "FP32 engine", tf32: false,', 'what: "FP32 engine",'],
    inSingle,
  ),
  broken(
    "An FP32 reference may run in FP16.",
    [lane("implicit"), "tf32: false, fp16: false, int8: false }", "tf32: false, int8: false }"],
    references("is fp32, and FP16 is judged beside INT8"),
  ),
  broken(
    "Units of the implicit lane that are kept in FP32 run in FP16.",
    [lane("kept-qdq"), 'this.#job.keepPrecision === "float32" ? {', 'this.#job.keepPrecision !== "float32" ? {'],
    implicit("keeps units in FP32 that run in FP32: as a Q/DQ model"),
  ),
  broken(
    "Units of a weakly typed Q/DQ model that are kept in FP32 run in FP16.",
    [lane("explicit"), '!typed && job.keepPrecision === "float32" ?', '!typed && job.keepPrecision !== "float32" ?'],
    explicit("keeps units in FP32 that run in FP32: weak typing, by layer precisions"),
  ),
  broken(
    "Units of a strongly typed model that are kept in FP32 run in FP16.",
    [lane("explicit"), 'if (!typed || job.keepPrecision === "float16") return half;', "if (typed) return half;"],
    explicit("keeps units in FP32 that run in FP32: strong typing, between Casts"),
  ),
  broken(
    "A fix in FP32 is printed without the script that asks for it.",
    [
      "src/fix/qdq.ts",
      'raisesByName(fix) ? { path: placeOf(fix, "fix_precision.py"), constraints: "obey" as const } : undefined',
      "undefined",
    ],
    [real("typed-commands"), "build the fix byte for byte: weakly typed, kept in FP32"],
  ),
  broken(
    "An FP32 engine with a layer in less is taken.",
    [
      lane("executed-precision"),
      "executed.filter((layer) => isBelowSingle(layer) && !isReformat(layer))",
      "executed.filter((layer) => runsIn(layer) && !isReformat(layer))",
    ],
    ["test/unit/lanes/tensorrt/executed.test.ts", "refuses an FP32 engine with a layer in less, and names it"],
  ),
  broken(
    "`typing: weak` is strong where TensorRT could do both.",
    [lane("capabilities"), 'typing === "auto" ? !canWeak ||', "typing !== undefined ? !canWeak ||"],
    explicit("is weakly typed on 10.15 where `typing: weak` asks for it"),
  ),
  broken(
    "Raising the opset for FP16's Q/DQ moves the pixels of RoiAlign.",
    ["src/onnx/opset-19.ts", 'node.opType === "RoiAlign" && opset < 16', 'node.opType === "RoiAlign" && opset < 13'],
    ["test/unit/onnx/opset-19.test.ts", "keeps what RoiAlign of opset 13 computes, whose pixels lie elsewhere by default since 16"],
  ),
];

const latency = (title: string) => [real("latency"), title] as const;
const slowFix = ["test/faults/tensorrt.test.ts", "fix slower than the reference"] as const;

const howFast: readonly Mutation[] = [
  broken(
    "Nobody says that an engine is no faster than FP16.",
    ["src/evaluate/latency.ts", 'ratio === undefined || speedOf(ratio) === "faster"', 'ratio === undefined || speedOf(ratio) !== ""'],
    slowFix,
  ),
  broken(
    "A fix that is no faster than FP16 is offered as any other.",
    ["src/evaluate/latency.ts", 'maxSlowdown === undefined ? speedOf(fixed.ratio) !== "faster"', "maxSlowdown === undefined ? false"],
    slowFix,
  ),
  broken(
    "Latencies are told without their spread.",
    [
      "src/evaluate/latency.ts",
      "`${median.toFixed(3)} ms (${p05.toFixed(3)} to ${p95.toFixed(3)})`",
      "`${median.toFixed(3)} ms ${p05 + p95 < 0}`",
    ],
    slowFix,
  ),
  broken(
    "Engines are timed one after the other, on a GPU that grows hot.",
    [worker("latency"), "order.reverse()", "pass"],
    latency("is taken in turns: on a GPU that grows slower and slower an engine is as fast as itself"),
  ),
  broken(
    "Only the engine that allows a CUDA graph is timed with one.",
    [worker("latency"), "if not all(captured):", "if not any(captured):"],
    latency("compares like with like where one engine alone allows a graph"),
  ),
  broken(
    "Engines are timed with the host's part, though they allow a graph.",
    [worker("latency"), "captured = [engine.capture() for engine in engines]", "captured = [True for engine in engines]"],
    latency("is the GPU's own: CUDA events around a graph whose addresses are fixed"),
  ),
  broken(
    "Addresses change from one timed inference to the next.",
    [
      worker("latency"),
      "if not self._context.execute_async_v3(stream_handle=self._stream.ptr):",
      "self._context.addresses = dict(self._context.addresses, moved=id(object()) + len(self._held) + time.monotonic_ns())\n        if not self._context.execute_async_v3(stream_handle=self._stream.ptr):",
    ],
    latency("adds only what the host's start costs where no engine allows a graph"),
  ),
];

const besideHalf: readonly Mutation[] = [
  broken(
    "Candidates are compared with FP16 where FP32 is asked for.",
    [lane("built-sides"), 'source.kind === "fp16"', 'source.kind === "fp16" || source.kind === "fp32"'],
    references("is fp32, and FP16 is judged beside INT8"),
  ),
  broken(
    "Candidates are compared with FP16 where ONNX Runtime is asked for.",
    [lane("built-sides"), 'source.kind === "fp16"', 'source.kind === "fp16" || source.kind === "onnxruntime"'],
    references("is onnxruntime, and FP16 is judged beside INT8"),
  ),
  broken(
    "Candidates are compared with FP16 where saved outputs are asked for.",
    [lane("built-sides"), 'source.kind === "fp16"', 'source.kind === "fp16" || source.kind === "saved"'],
    references("is a file of saved outputs of the same samples"),
  ),
  broken(
    "FP16 is not judged beside INT8.",
    [lane("engine-lane"), '(job.reference?.kind ?? "fp16") === "fp16" ? {}', '(job.reference?.kind ?? "fp16") !== "" ? {}'],
    references("is fp32, and FP16 is judged beside INT8"),
  ),
  broken(
    "FP16 is judged beside INT8 by its own engine.",
    [
      lane("engine-lane"),
      "assignment: { keep: new Set() }, half, reference, candidate: half }",
      "assignment: { keep: new Set() }, half, reference: { tensors: half.side, facts: half.facts }, candidate: half }",
    ],
    references("is onnxruntime, and FP16 is judged beside INT8"),
  ),
];

const options = (title: string) => [real("options"), title] as const;
const everyOption = options("reach both sides alike: workspace, level, tactics, DLA core and version compatibility");
const gpu = (title: string) => ["test/integration/lanes/tensorrt/gpu.test.ts", title] as const;
const rtx = (title: string) => [real("rtx"), title] as const;
const rtxLane = rtx("is a whole lane where it runs: explicit, strongly typed, measured, timed, with a runtime cache and no timing cache");

const theMachine: readonly Mutation[] = [
  broken(
    "A MIG slice is no GPU.",
    [lane("gpu"), 'one.startsWith("MIG-")) === true', 'one.startsWith("MIG-")) === undefined'],
    gpu("is the slice of a GPU that CUDA_VISIBLE_DEVICES names"),
  ),
  broken(
    "The worker counts GPUs by speed, nvidia-smi by the PCI bus.",
    [lane("gpu"), 'CUDA_DEVICE_ORDER: "PCI_BUS_ID",', ""],
    gpu("is the slice of a GPU that CUDA_VISIBLE_DEVICES names"),
  ),
  broken(
    "The start of a UUID names no GPU.",
    [lane("gpu"), "uuid.startsWith(one)", 'uuid === one.concat("-")'],
    gpu("is the one by the start of its UUID that CUDA sees"),
  ),
  broken(
    "GPUs behind one that is not there count.",
    [lane("gpu"), "if (gpu === undefined) break;", "if (gpu === undefined) continue;"],
    gpu("has the others that CUDA may use behind it, up to one that is not there"),
  ),
  broken(
    "A Jetson has no GPU.",
    [lane("gpu"), "there.length === 0 ? await jetson(effects) : undefined", "there.length > 0 ? await jetson(effects) : undefined"],
    gpu("is a Jetson's, by the board's own files, where no driver tool knows it"),
  ),
  broken(
    "The first GPU is waited for though another one is free.",
    ["src/lanes/prepare.ts", "gpus.length > 1 ? gpus : []", "gpus.length > 2 ? gpus : []"],
    explicit("takes the next GPU where another run holds the first, and tells CUDA so"),
  ),
  broken(
    "The worker runs on another GPU than the one that is locked.",
    ["src/lanes/prepare.ts", "{ device: deviceEnv(gpu) }", "{ device: {} }"],
    explicit("takes the next GPU where another run holds the first, and tells CUDA so"),
  ),
  broken(
    "The GPU stays locked when the lane is closed.",
    ["src/lanes/prepare.ts", "    await lock.release();\n", ""],
    explicit("lets go of the GPU when the lane is closed"),
  ),
  broken(
    "A GPU whose memory failed during the run gives a verdict.",
    [lane("built-sides"), "errors <= eccBefore", "errors > eccBefore"],
    implicit("fails as gpu-faulty where memory errors were counted during the run"),
  ),
  broken(
    "An engine's buffers stay on the GPU while the next one is built.",
    [lane("session"), 'await this.#ask("release", { engine }, nothingSchema, "Releasing the engine", 60_000).catch(() => undefined);', ""],
    implicit("holds no memory of an engine while it builds another"),
  ),
  broken(
    "The output buffers of a released engine stay on the GPU.",
    [worker("engines"), "buffer.free()", "pass"],
    [real("worker"), "builds, runs and gives the engine's memory back"],
  ),
  broken(
    "The buffers of timed engines stay on the GPU.",
    [worker("latency"), "held.free()", "pass"],
    [real("worker"), "times plans in turns and gives their memory back"],
  ),
  broken(
    "Every network of a search stays in the worker.",
    [lane("loaded-networks"), "await this.#makeRoom();", ""],
    [
      "test/unit/lanes/tensorrt/loaded-networks.test.ts",
      "keeps the networks that were asked for last, three of thirty, and parses again what it let go of",
    ],
  ),
  broken(
    "The worker keeps a network that it was told to let go of.",
    ["python/worker.py", 'self.networks.pop(request["network"], None)', 'self.networks.get(request["network"], None)'],
    [real("worker"), "lets go of a network that nobody needs any more"],
  ),
  broken(
    "DLA is told to prefer and to obey.",
    [
      worker("builds"),
      "config.clear_flag(trt.BuilderFlag.PREFER_PRECISION_CONSTRAINTS)\n        config.set_flag(trt.BuilderFlag.OBEY_PRECISION_CONSTRAINTS)",
      "pass",
    ],
    options("obey the kept layers on a DLA core too"),
  ),
  broken(
    "Another DLA core than the one that is asked for is built for.",
    [worker("builds"), 'config.DLA_core = options["dlaCore"]', "config.DLA_core = 0"],
    everyOption,
  ),
  broken(
    "The limit of workspace is lost.",
    [worker("builds"), 'settings["memory_pool_limits"] = {trt.MemoryPoolType.WORKSPACE: options["workspaceBytes"]}', "pass"],
    everyOption,
  ),
  broken(
    "An engine for other versions holds a plugin.",
    [worker("networks"), "flags = [native] if version_compatible and native is not None else None", "flags = None"],
    options("let a version-compatible engine hold InstanceNormalization, which is a plugin on 8.6 unless asked for"),
  ),
  broken(
    "The profile of a shape tensor says its length, not what it holds.",
    [worker("networks"), "shape = (values or {})[name]", "pass"],
    options("tell a profile what an input holds that an operator reads as a shape"),
  ),
  broken(
    "Printed commands say how long a shape tensor is, not what it holds.",
    [lane("session"), "(asShapes.has(name) ? values.get(name) : undefined) ?? shape", "shape"],
    [real("reproduce"), "say of an input that TensorRT takes as a shape what it holds, as the profile of the gate's own builds does"],
  ),
  broken(
    "The last lines of a build that says much are lost.",
    [worker("logs"), "self._last.append(line)", "pass"],
    [real("logs"), "keeps its first and last errors, every tensor without a scale, and that memory was short"],
  ),
  broken(
    "The first line of a build that says much, its cause, is lost.",
    [worker("logs"), "return self._first + list(self._last)", "return list(self._last)"],
    [real("logs"), "keeps its first and last errors, every tensor without a scale, and that memory was short"],
  ),
  broken(
    "The engine that calibrated is thrown away, and built once more.",
    [
      lane("implicit"),
      "plain.given === undefined && side !== undefined ? { plainSide: side } : {}",
      'plain.given === "" && side !== undefined ? { plainSide: side } : {}',
    ],
    implicit("come from calibrating with entropy on all samples, in a cache that later builds read"),
  ),
  broken(
    "The engine that calibrated while memory was short is the candidate.",
    [lane("implicit"), "side.build.degraded.length > 0 ? { calibration }", "side.build.degraded.length < 0 ? { calibration }"],
    implicit("come with an engine that is built once more, from the cache, where memory was short while it calibrated"),
  ),
  broken(
    "An engine that was built while memory was short ships without another try.",
    [lane("session"), "if (first.degraded.length === 0 || this.#isShort", "if (first.degraded.length >= 0 || this.#isShort"],
    ["test/faults/tensorrt.test.ts", "tactics skipped for lack of memory"],
  ),
  broken(
    "Calibration that was cut short counts.",
    [worker("builds"), "if samples.taken != expected:", "if samples.taken > expected:"],
    implicit("are refused where calibration was cut short"),
  ),
  broken(
    "A cache of another TensorRT is calibrated anew unseen.",
    [lane("scale-source"), "`TRT-${cache.version}` !== wanted", '`TRT-${cache.version}` === ""'],
    implicit("are refused from a cache of another TensorRT, which TensorRT would replace unseen"),
  ),
  broken(
    "A keep file of another model counts as far as it fits.",
    ["src/prepare/kept-units.ts", "if (missing.length > 0)\n", "if (missing.length > units.length)\n"],
    ["test/faults/tensorrt.test.ts", "keep file of another model"],
  ),
  broken(
    "A keep file is read, and its units run in INT8.",
    ["src/prepare/kept-units.ts", "new Set([...ids, ...keep])", "new Set([...keep])"],
    ["test/faults/tensorrt.test.ts", "build without an implementation"],
  ),
  broken(
    "TensorRT for RTX is given a timing cache, which it refuses.",
    [lane("session"), "tensorrt.optimizationLevel === 0 || this.#runtimeCache() !== undefined", "tensorrt.optimizationLevel === 0"],
    rtxLane,
  ),
  broken(
    "TensorRT for RTX compiles the kernels of an engine each time it is opened.",
    [
      lane("session"),
      'hello.features.runtimeCache ? join(folder, "runtime.cache") : undefined',
      "hello.features.runtimeCache ? join(folder, `runtime-${this.#numbered++}.cache`) : undefined",
    ],
    rtxLane,
  ),
  broken(
    "TensorRT for RTX is a lane on a GPU that runs none of its engines.",
    ["src/lanes/prepare.ts", "if (hello.notHere !== null)", "if (hello.notHere === undefined)"],
    rtx("is no lane on a GPU that it does not support: `auto` simulates and says why, a lane asked for by name is unavailable"),
  ),
];

const judgedAsOwn = gate("judges each of Polygraphy's engines as its own: by the limits of its tensors");

const polygraphysSearch: readonly Mutation[] = [
  broken(
    "Polygraphy's engines are judged by other limits than the gate's own.",
    [
      "src/probes/judge-saved.ts",
      "{ ...judging, isProbe: true },",
      "{ ...judging, entry: { ...judging.entry, tolerance: { ...judging.entry.tolerance, tensors: [] } }, isProbe: true },",
    ],
    judgedAsOwn,
  ),
  broken(
    "Polygraphy's engines are judged by the plain engine's outputs.",
    [
      "src/probes/judge-saved.ts",
      "outputs: (wanted) => withSaved(plain.outputs(wanted), path, files)",
      "outputs: (wanted) => plain.outputs(wanted)",
    ],
    judgedAsOwn,
  ),
  broken(
    "A check whose gate is gone counts as good accuracy.",
    ["src/debug-precision/command.ts", 'kill -0 "$gate" 2>/dev/null || stop "the gate is gone"', 'kill -0 "$gate" 2>/dev/null || exit 0'],
    ["test/integration/search/debug-precision.test.ts", "is stopped where the gate that shall answer is gone"],
  ),
];

export const engineRules: readonly Mutation[] = [
  ...timingCache,
  ...whatShips,
  ...limited,
  ...whatRan,
  ...whatAFixSays,
  ...howFast,
  ...besideHalf,
  ...theMachine,
  ...polygraphysSearch,
];

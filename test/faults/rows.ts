/**
 * Every fault with what it must end as and the test that brings it about. docs/faults.md is written from here; test/unit/docs/faults.test.ts
 * holds rows, reasons and tests together. Faults that only hardware can show name the record that shows them, or say that they were not run.
 */
import type { ExitCode } from "../../src/gate/exit-code.ts";
import type { ReasonCode } from "../../src/gate/reasons.ts";

export interface Row {
  readonly fault: string;
  /** "none": the run goes on, with a warning at most. */
  readonly ends: ReasonCode | "configuration error" | "trust error" | "bug" | "none";
  /** Where `ends` does not say it by itself. */
  readonly exit?: ExitCode;
  /** What the message holds. */
  readonly says: string;
  /** `file: title`, the title as it stands in the file; or the record, or "not run: why". */
  readonly shown: string;
}

const row = (fault: string, ends: Row["ends"], says: string, shown: string, exit?: ExitCode): Row => ({
  fault,
  ends,
  says,
  shown,
  ...(exit === undefined ? {} : { exit }),
});

const judging = "test/unit/gate/judge.test.ts";
const worker = "test/real/tensorrt-worker.test.ts";
const implicit = "test/real/tensorrt-implicit.test.ts";
const exec = "test/integration/effects/exec.test.ts";
const stage = "test/integration/onnx/stage.test.ts";
const comments = "test/integration/github/comment-sink.test.ts";
const pull = "test/dist/pull-request.test.ts";
const trust = "test/dist/trust.test.ts";
const choose = "test/integration/changes/choose.test.ts";
const ranked = "test/unit/search/ranked.test.ts";
const config = "test/faults/configuration.test.ts";
const cache = "test/faults/calibration.test.ts";
const fuzz = "test/faults/fuzz/fuzz.test.ts";
const machine = "test/faults/machine.test.ts";
const onnx = "test/faults/onnx.test.ts";
const numbers = "test/faults/numbers.test.ts";
const files = "test/faults/saved-files.test.ts";
const tensorrt = "test/faults/tensorrt.test.ts";
const gate = "test/faults/gate.test.ts";
const interruption = "test/faults/interruption.test.ts";
const disk = "test/faults/disk.test.ts";
const change = "test/faults/pull-request.test.ts";

export const parts: Readonly<Record<string, readonly Row[]>> = {
  Numbers: [
    row("identical tensors", "within-limits", "SQNR infinite", `${numbers}: identical tensors`),
    row("both sides all zero", "within-limits", "SQNR infinite", `${numbers}: both sides all zero`),
    row("all-zero reference", "limit-exceeded", "SQNR minus infinite", `${numbers}: all-zero reference`),
    row("NaN in the candidate only", "nonfinite-candidate", "the tensor", `${numbers}: NaN in the candidate only`),
    row("infinity in the candidate only", "nonfinite-candidate", "the tensor", `${numbers}: infinity in the candidate only`),
    row("NaN in the reference only", "nonfinite-reference", "the tensor", `${numbers}: NaN in the reference only`),
    row("NaN on both sides", "nonfinite-both", "the tensor", `${numbers}: NaN on both sides`),
    row("the same infinity on both sides", "nonfinite-both", "the tensor", `${numbers}: the same infinity on both sides`),
    row("empty tensor", "empty-tensor", "the tensor", `${numbers}: empty tensor`),
    row("different shapes", "shape-mismatch", "both shapes", `${numbers}: different shapes`),
    row("different numbers of samples", "unequal-samples", "both numbers", `${numbers}: different numbers of samples`),
    row(
      "a judged figure that is no number",
      "not-a-number",
      "the metric",
      `${judging}: NaN in a judged figure is undecided, whichever metric it is`,
    ),
    row("nothing compared", "nothing-compared", "the names on each side", `${numbers}: nothing compared`),
    row("bfloat16 stored as raw bytes", "configuration error", "raw 2-byte data", `${files}: bfloat16 stored as raw bytes`),
    row(
      "limit that NaN would meet if it were compared the other way round",
      "nonfinite-candidate",
      "the tensor",
      `${numbers}: limit that NaN would meet if it were compared the other way round`,
    ),
  ],
  "Tools and machine": [
    row("worker killed in a build", "tool-killed", "the signal", `${tensorrt}: worker killed in a build`),
    row("worker that crashes", "worker-failed", "exit code", `${tensorrt}: worker that crashes`),
    row("worker that hangs", "timeout", "timeout-minutes", `${tensorrt}: worker that hangs`),
    row(
      "child that ignores SIGTERM, with children of its own",
      "timeout",
      "-",
      `${exec}: ends a group whose members ignore SIGTERM, grandchildren included`,
    ),
    row(
      "child that left its process group",
      "none",
      "-",
      `${exec}: does not wait for a descendant that left the group, and finds it by the run's mark`,
    ),
    row(
      "endless output, one huge line, bad UTF-8",
      "none",
      "bounded tail",
      `${exec}: keeps a bounded tail of endless output, of one huge line and of bad UTF-8`,
    ),
    row("task killed by a signal", "task-failed", "SIGKILL", `${machine}: task killed by a signal`),
    row("task that prints no metric", "task-failed", "the metric's name", `${machine}: task that prints no metric`),
    row("task that prints 100 MB", "within-limits", "-", `${machine}: task that prints 100 MB`),
    row("GPU memory exhausted", "gpu-oom", "memory", `${tensorrt}: GPU memory exhausted`),
    row(
      "build without an implementation",
      "build-failed",
      "first line of TensorRT",
      `${worker}: says the first line of a build that TensorRT refused`,
    ),
    row("Python that is not there", "lane-unavailable", "the interpreter", `${tensorrt}: Python that is not there`),
    row("TensorRT or Polygraphy missing", "lane-unavailable", "the module", `${tensorrt}: TensorRT or Polygraphy missing`),
    row(
      "lane asked for that TensorRT 11 does not have",
      "lane-unavailable",
      "lane: explicit",
      `${tensorrt}: lane asked for that TensorRT 11 does not have`,
    ),
    row("INT8 engine without an INT8 layer", "int8-not-used", "counts", `${tensorrt}: INT8 engine without an INT8 layer`),
    row(
      "kept layers that run in INT8 all the same",
      "none",
      "not verified",
      `${implicit}: names kept layers that run in INT8 all the same`,
    ),
    row(
      "tactics skipped for lack of memory",
      "none",
      "built once more, then said",
      `${implicit}: builds once more where tactics were skipped for lack of memory, then says so`,
    ),
    row("calibration cut short", "calibration-truncated", "samples used", `${tensorrt}: calibration cut short`),
    row("GPU held by another run", "gpu-busy", "the holder's process", `${tensorrt}: GPU held by another run`),
    row(
      "GPU lock of a killed run",
      "none",
      "taken over",
      "test/integration/effects/gpu-lock.test.ts: is taken over from a run that was killed, and that is said",
    ),
    row("memory errors counted during the run", "gpu-faulty", "the counters", `${tensorrt}: memory errors counted during the run`),
    row(
      "nvidia-smi that hangs",
      "none",
      "no GPU, and why",
      "test/integration/lanes/tensorrt/gpu.test.ts: is none, and why is said, where the tool hangs: it is stopped at its limit",
    ),
    row(
      "deadline beyond 24.8 days",
      "none",
      "-",
      "test/unit/effects/clock.test.ts: sleeps as long as it was told, also beyond the 24.8 days",
    ),
    row("clock that jumps", "within-limits", "true seconds", `${gate}: clock that jumps`),
    row("full disk of temporary files", "disk-full", "path", `${disk}: full disk of temporary files`),
    row("full disk of the report", "disk-full", "the verdict in the log", `${disk}: full disk of the report`),
    row("full device", "disk-full", "path", `${disk}: full device`),
    row("report folder that cannot be written", "none", "the verdict in the log", `${disk}: report folder that cannot be written`, 4),
    row("output to a path that cannot be written", "configuration error", "path", `${disk}: output to a path that cannot be written`),
    row("temporary folder that is not there", "file-system", "RUNNER_TEMP", `${disk}: temporary folder that is not there`),
    row("file that the machine fails to read", "file-system", "the system's code", `${disk}: file that the machine fails to read`),
    row("thermal throttling during a build", "none", "a note", "not run: no machine could be made to throttle"),
    row("driver too old for TensorRT", "lane-unavailable", "driver", `${tensorrt}: driver too old for TensorRT`),
    row(
      "builder's kernels that are not installed",
      "lane-unavailable",
      "the library",
      `${tensorrt}: builder's kernels that are not installed`,
    ),
    row("tool's result that is not there", "no-result", "the path", `${tensorrt}: tool's result that is not there`),
    row("tool's result that is half written", "bad-dump", "the path", `${tensorrt}: tool's result that is half written`),
    row("plan of another TensorRT", "engine-mismatch", "TensorRT's own words", `${tensorrt}: plan of another TensorRT`),
    row("plan of another GPU", "engine-mismatch", "TensorRT's own words", `${tensorrt}: plan of another GPU`),
    row("timing cache of another job", "none", "never read", `${tensorrt}: timing cache of another job`),
    row(
      "timing cache lock that another process holds",
      "timeout",
      "timeout-minutes",
      `${tensorrt}: timing cache lock that another process holds`,
    ),
    row(
      "trtexec of another version than the module",
      "none",
      "never started; the module's version",
      `${tensorrt}: trtexec of another version than the module`,
    ),
    row("keep file of another model", "keep-mismatch", "the units", `${tensorrt}: keep file of another model`),
    row(
      "deadline in calibration",
      "timeout",
      "timeout-minutes",
      "test/real/calibration.test.ts: stops at the run's deadline, between two samples",
    ),
    row("deadline in the simulate lane", "timeout", "timeout-minutes", `${machine}: deadline in the simulate lane`),
  ],
  "Saved files": [
    row("RunResults cut anywhere", "configuration error", "file and byte", `${files}: RunResults cut anywhere`),
    row("RunResults longer than any string", "none", "read in pieces", `${files}: RunResults longer than any string`),
    row("two tensors of one name", "configuration error", "the name", `${files}: two tensors of one name`),
    row("folder of iterations with a hole", "configuration error", "the missing iteration", `${files}: folder of iterations with a hole`),
    row("numbers of iterations differ", "unequal-samples", "both numbers", `${files}: numbers of iterations differ`),
    row("pickled objects in .npy", "configuration error", "pickled Python objects", `${files}: pickled objects in .npy`),
    row(".npy header that is code", "configuration error", "the key", `${files}: .npy header that is code`),
    row("zip bomb on one body", "configuration error", "the entry", `${files}: zip bomb on one body`),
    row("zip that grows a thousandfold", "configuration error", "the entry", `${files}: zip that grows a thousandfold`),
    row("zip entry that leaves the archive", "configuration error", "the entry", `${files}: zip entry that leaves the archive`),
    row("zip with a wrong checksum", "configuration error", "the entry", `${files}: zip with a wrong checksum`),
    row("nesting deeper than 64", "configuration error", "byte", `${files}: nesting deeper than 64`),
    row("fuzzed RunResults", "none", "never 5, never a pass for other values", `${fuzz}: fuzzed $format`),
    row("fuzzed npy array", "none", "never 5", `${fuzz}: fuzzed $format`),
    row("fuzzed npz archive", "none", "never 5", `${fuzz}: fuzzed $format`),
    row("fuzzed inspector JSON", "none", "never 5", `${fuzz}: fuzzed $format`),
    row("torch.Tensor in RunResults", "configuration error", "the class", `${files}: torch.Tensor in RunResults`),
    row(".npy of more elements than bytes", "configuration error", "cut off", `${files}: .npy of more elements than bytes`),
    row(
      ".npy of more elements than there can be",
      "configuration error",
      "2^53 bytes",
      `${files}: .npy of more elements than there can be`,
    ),
    row("zip that is encrypted", "configuration error", "the entry", `${files}: zip that is encrypted`),
    row("zip of two entries of one name", "configuration error", "the entry", `${files}: zip of two entries of one name`),
    row("zip of more than 10,000 entries", "configuration error", "their number", `${files}: zip of more than 10,000 entries`),
    row("Git LFS pointer as samples", "configuration error", "lfs: true", `${files}: Git LFS pointer as samples`),
    row(
      "samples of a pull request that are damaged",
      "configuration error",
      "the file's line",
      `${files}: samples of a pull request that are damaged`,
    ),
    row(
      "accuracy JSON with bare NaN",
      "none",
      "read",
      "test/unit/commands/inspect.test.ts: shows Polygraphy's accuracy results, bare NaN and Infinity included",
    ),
  ],
  "Calibration caches": [
    row(
      "calibration cache with a conflicting second entry",
      "stale-cache",
      "both lines",
      `${cache}: calibration cache with a conflicting second entry`,
    ),
    row(
      "calibration cache cut in the middle of a number",
      "stale-cache",
      "the line",
      `${cache}: calibration cache cut in the middle of a number`,
    ),
    row("calibration cache without a header", "stale-cache", "TRT-<version>-<algorithm>", `${cache}: calibration cache without a header`),
    row(
      "calibration cache without an entry for a compute input",
      "stale-cache",
      "tensor and node",
      `${cache}: calibration cache without an entry for a compute input`,
    ),
    row("calibration cache with a byte order mark", "stale-cache", "byte order mark", `${cache}: calibration cache with a byte order mark`),
    row("calibration cache with a negative scale", "stale-cache", "the line", `${cache}: calibration cache with a negative scale`),
    row("calibration cache in UTF-16", "stale-cache", "no header", `${cache}: calibration cache in UTF-16`),
    row("calibration cache with NaN", "stale-cache", "the line", `${cache}: calibration cache with NaN`),
    row("calibration cache without any entry", "stale-cache", "the count", `${cache}: calibration cache without any entry`),
    row(
      "calibration cache that is a Git LFS pointer",
      "configuration error",
      "lfs: true",
      `${cache}: calibration cache that is a Git LFS pointer`,
    ),
    row("fuzzed calibration cache", "none", "never 5", `${fuzz}: fuzzed $format`),
    row("calibration cache of another model", "stale-cache", "the missing inputs", `${cache}: calibration cache of another model`),
    row("calibration cache older than the model", "none", "a warning with both hashes", `${cache}: calibration cache older than the model`),
  ],
  "ONNX as hostile data": [
    row("external data in a parent folder", "configuration error", "the place", `${onnx}: external data in a parent folder`),
    row("external data at an absolute path", "configuration error", "the place", `${onnx}: external data at an absolute path`),
    row("external data behind a symbolic link", "configuration error", "symbolic link", `${onnx}: external data behind a symbolic link`),
    row("external data that is a FIFO", "configuration error", "no regular file", `${onnx}: external data that is a FIFO`),
    row(
      "external data that the commit does not hold",
      "trust error",
      "not part of the commit",
      `${trust}: is refused with 3 where it is $what`,
    ),
    row("git's own folder as external data", "trust error", "not part of the commit", `${trust}: is refused with 3 where it is $what`),
    row(
      "file exchanged while it is checked",
      "none",
      "the checked one is read",
      `${stage}: is copied from the descriptor that was checked, whatever stands at its name by then`,
    ),
    row("model cut anywhere", "configuration error", "byte", `${onnx}: model cut anywhere`),
    row("two writers of one tensor", "configuration error", "tensor and both nodes", `${onnx}: two writers of one tensor`),
    row("messages nested a hundred deep", "configuration error", "byte", `${onnx}: messages nested a hundred deep`),
    row("fuzzed ONNX model", "none", "never 5", `${fuzz}: fuzzed $format`),
    row("external data in a parent further down", "configuration error", "the place", `${onnx}: external data in a parent further down`),
    row("external data in a linked folder", "configuration error", "link or no folder", `${onnx}: external data in a linked folder`),
    row("external data that is not there", "configuration error", "the place", `${onnx}: external data that is not there`),
    row("external data shorter than the tensor", "configuration error", "the place", `${onnx}: external data shorter than the tensor`),
    row("external data at a negative offset", "configuration error", "offset", `${onnx}: external data at a negative offset`),
    row("external data of a key that nobody knows", "configuration error", "the key", `${onnx}: external data of a key that nobody knows`),
    row("model with bytes behind its end", "configuration error", "byte", `${onnx}: model with bytes behind its end`),
    row("nodes in a circle", "configuration error", "a node of it", `${onnx}: nodes in a circle`),
    row("input that nothing writes", "configuration error", "the tensor", `${onnx}: input that nothing writes`),
    row(
      "model exchanged for another one of other inputs",
      "configuration error",
      "both shapes",
      `${onnx}: model exchanged for another one of other inputs`,
    ),
    row("operator that no runtime knows", "none", "the operator", `${onnx}: operator that no runtime knows`),
    row(
      "external data of a pull request that leaves its folder",
      "untrusted-model",
      "the place",
      `${change}: external data of a pull request that leaves its folder`,
    ),
    row(
      "TensorRT plugin in the model",
      "none",
      "the lanes that run it",
      "test/real/refused-models.test.ts: a TensorRT plugin is named, with the lanes that run it",
    ),
  ],
  Names: [
    row(
      "workflow commands in names",
      "none",
      "inert text",
      "test/unit/effects/log.test.ts: issues no command but its own, whatever a name holds",
    ),
    row(
      "Markdown, HTML and mentions in names",
      "none",
      "inert text",
      "test/dist/hostile.test.ts: make a page that holds them as text only",
    ),
    row(
      "names in generated Python and shell",
      "none",
      "data, never code",
      "test/integration/fix/shell.test.ts: pass every hostile name unchanged or list it as left out with why",
    ),
  ],
  GitHub: [
    row("403 for the comment of a fork", "none", "a warning with the way out", `${pull}: 403 for comments`),
    row("server errors for ever", "none", "one warning", `${comments}: turns $fault into one warning`),
    row(
      "502 after the comment was stored",
      "none",
      "one comment",
      `${comments}: looks before it creates again after a 502 that had stored the comment`,
    ),
    row(
      "comment refused as too long",
      "none",
      "a smaller one",
      `${comments}: takes the next smaller rendering where the body is refused as too long`,
    ),
    row("secondary rate limit", "none", "waits once", `${comments}: waits once as long as the server asks, then goes on`),
    row("connection that hangs or is reset", "none", "one warning", `${comments}: turns $fault into one warning`),
    row(
      "two runs that race",
      "none",
      "one comment of the newest head",
      `${comments}: ends with one comment of the newest head in every order of two first runs' five calls`,
    ),
    row("marker that another author wrote", "none", "ignored", `${comments}: ignores a marker that another author wrote`),
    row(
      "artifact service that hangs",
      "none",
      "the folder",
      "test/integration/github/artifact-sink.test.ts: warns with the folder where the service hangs past the limit",
    ),
    row("summary that cannot be written", "none", "a warning", `${pull}: warns where the summary cannot be written`),
    row("event payload missing or broken", "configuration error", "GITHUB_EVENT_PATH", `${change}: event payload missing or broken`),
    row("3,001 changed files by the API", "none", "all models", `${choose}: checks everything where the API's list stops at 3,000 files`),
    row("history too short", "none", "fetched", `${choose}: fetches what a clone of depth %i lacks`),
    row("fork on a self-hosted runner", "trust error", "allow-forks", `${trust}: a fork on a self-hosted runner`),
    row("pull_request_target from a fork", "trust error", "the event", `${trust}: pull_request_target from a fork`),
    row("ACTIONS_ALLOW_UNSECURE_COMMANDS", "trust error", "the variable", `${trust}: unsecure commands`),
    row("change that loosens its own tolerance", "none", "the base's counts", `${change}: change that loosens its own tolerance`),
    row(
      "numpy.py beside a loader",
      "none",
      "not imported",
      `${trust}: runs the base's loader, and neither the change's nor what the change put beside it`,
    ),
    row(
      "secrets in the environment",
      "none",
      "in no child, log or file",
      `${trust}: gets no secret of the step, and no secret reaches log, report, summary, comment or artifact`,
    ),
    row("fuzzed event payload", "none", "never 5", `${fuzz}: fuzzed $format`),
    row("older run that ends later", "none", "superseded", `${pull}: does not overwrite the comment of a newer head`),
  ],
  Interruption: [
    row(
      "SIGINT, SIGTERM and SIGKILL while models are chosen",
      "cancelled",
      "nothing published",
      `${interruption}: SIGINT, SIGTERM and SIGKILL while models are chosen`,
    ),
    row(
      "SIGINT, SIGTERM and SIGKILL at each stage of a run in the simulate lane",
      "none",
      "cancelled or unfinished; the next run ends as without them, and says that one ended early",
      `${interruption}: SIGINT, SIGTERM and SIGKILL at each stage of a run in the simulate lane`,
    ),
    row(
      "SIGINT, SIGTERM and SIGKILL at each stage of a run in a TensorRT lane",
      "none",
      "cancelled or unfinished; the next run ends as without them, and says that one ended early",
      `${interruption}: SIGINT, SIGTERM and SIGKILL at each stage of a run in a TensorRT lane`,
    ),
    row(
      "SIGINT, SIGTERM and SIGKILL while the result is told",
      "none",
      "what was not published; the next run comments once",
      `${interruption}: SIGINT, SIGTERM and SIGKILL while the result is told`,
    ),
    row("Ctrl-C on a terminal", "cancelled", "nothing left", `${interruption}: Ctrl-C on a terminal`),
    row("SIGINT at the very start", "cancelled", "nothing left", `${interruption}: SIGINT at the very start`),
    row("post of a step that never started", "none", "-", `${interruption}: post of a step that never started`),
    row(
      "child started an instant before a kill",
      "none",
      "ended by post",
      "test/integration/github/post-state.test.ts: ends every process that carries the run's mark, recorded or not, also one that left its group",
    ),
    row(
      "search journal of a killed search",
      "none",
      "goes on",
      "test/unit/search/resume.test.ts: answers as an uninterrupted one, killed after any probe and in the middle of any line",
    ),
    row(
      "two entries of one file in one journal",
      "none",
      "one journal each",
      "test/real/journal.test.ts: is a journal of its own for each entry",
    ),
  ],
  Configuration: [
    row(
      "unknown key, wrong type, every problem at once",
      "configuration error",
      "file:line of each",
      `${config}: unknown key, wrong type, every problem at once`,
    ),
    row("key given twice", "configuration error", "the key and its line", `${config}: key given twice`),
    row(
      "key given twice in another spelling",
      "configuration error",
      "the key and its line",
      `${config}: key given twice in another spelling`,
    ),
    row("configuration in UTF-16", "configuration error", "save it as UTF-8", `${config}: configuration in UTF-16`),
    row("empty list of models", "no-models", "the line of models", `${config}: empty list of models`),
    row("configuration that is not UTF-8", "configuration error", "the line", `${config}: configuration that is not UTF-8`),
    row("alias bomb", "configuration error", "aliases", `${config}: alias bomb`),
    row("configuration of 5 MB", "configuration error", "the size", `${config}: configuration of 5 MB`),
    row("missing model", "configuration error", "the line of path", `${config}: missing model`),
    row("missing Q/DQ model", "configuration error", "the line of qdq", `${config}: missing Q/DQ model`),
    row("missing validation file", "configuration error", "the line of data", `${config}: missing validation file`),
    row("missing calibration data", "configuration error", "the line of data", `${config}: missing calibration data`),
    row("missing keep file", "configuration error", "the line of keep", `${config}: missing keep file`),
    row("missing plan", "configuration error", "the line of engine", `${config}: missing plan`),
    row("missing saved reference", "configuration error", "the line of reference", `${config}: missing saved reference`),
    row("path that no file can have", "configuration error", "the line of the path", `${config}: path that no file can have`),
    row("pipe instead of a file", "configuration error", "no regular file", `${config}: pipe instead of a file`),
    row("no quantization", "configuration error", "the line of the entry", `${config}: no quantization`),
    row(
      "shape of an input that is not there",
      "configuration error",
      "the line of shapes",
      `${config}: shape of an input that is not there`,
    ),
    row("text instead of a model", "configuration error", "the user's own path", `${config}: text instead of a model`),
    row("empty model file", "configuration error", "the user's own path", `${config}: empty model file`),
    row("waiver that is over", "configuration error", "its day", `${config}: waiver that is over`),
    row("samples of one value", "configuration error", "file", `${config}: samples of one value`),
    row("fuzzed configuration", "none", "never 5", `${fuzz}: fuzzed $format`),
    row(
      "trt-gate.fixed.yml keeps every key of the entry",
      "limit-exceeded",
      "the whole entry",
      `${config}: trt-gate.fixed.yml keeps every key of the entry`,
    ),
    row("glob that matches no model", "configuration error", "the glob", `${config}: glob that matches no model`),
    row("two quantization sources", "configuration error", "both", `${config}: two quantization sources`),
    row("tolerance with no metric", "configuration error", "the line of tolerance", `${config}: tolerance with no metric`),
    row("warning limit beyond the fail limit", "configuration error", "the line of warn", `${config}: warning limit beyond the fail limit`),
    row("limit that is no number", "configuration error", "NaN", `${config}: limit that is no number`),
    row("waiver without a reason", "configuration error", "the line of the waiver", `${config}: waiver without a reason`),
    row("key with a tab", "configuration error", "use spaces", `${config}: key with a tab`),
    row("configuration nested without end", "configuration error", "nested too deep", `${config}: configuration nested without end`),
    row("two models of one name", "configuration error", "both", `${config}: two models of one name`),
    row("samples of another shape", "configuration error", "file and shape", `${config}: samples of another shape`),
    row("samples of another input", "configuration error", "file and input", `${config}: samples of another input`),
    row("samples with NaN", "configuration error", "file or sample", `${config}: samples with NaN`),
    row("samples with an infinity", "configuration error", "file or sample", `${config}: samples with an infinity`),
    row("no sample at all", "no-samples", "the file", `${config}: no sample at all`),
  ],
  Search: [
    row("probe whose tool fails", "none", "asked once more", `${ranked}: asks a failed tool once more`),
    row(
      "tool that fails three times in a row",
      "none",
      "tool-failing",
      `${ranked}: ends as tool-failing after three in a row, with the tool's words`,
    ),
    row("everything kept still fails", "none", "the cause", `${ranked}: stop where everything kept still fails, and say so`),
    row(
      "quantisers that no unit holds",
      "none",
      "they, not the limit",
      `${ranked}: name quantisers that no unit holds as the cause, instead of the limit`,
    ),
    row(
      "fix slower than the reference",
      "none",
      "pointless",
      "test/unit/report/comment.test.ts: calls a fix that is slower than the reference pointless",
    ),
    row(
      "fix's own cache left behind",
      "none",
      "listed, uploaded, named where it lies",
      "test/real/fix-commands.test.ts: comes with the cache of the gate's own scales",
    ),
    row(
      "fix with rounded weights",
      "none",
      "the proved model",
      "test/real/fix-commands.test.ts: is the model that was proved, by the script and by the command",
    ),
  ],
  "The gate itself": [
    row("error of the gate in one model of several", "internal", "the stack, once", `${gate}: error of the gate in one model of several`),
    row("report folder that is used again", "none", "nothing of the run before", `${gate}: report folder that is used again`),
    row(
      "report that does not fit its schema",
      "bug",
      "report.invalid.json",
      "test/unit/run/build-report.test.ts: keeps what there is when it does not fit the schema",
    ),
    row("page of a report without a network", "none", "whole", "test/real/html.test.ts: opens whole without a network, and asks for none"),
    row(
      "comparison thread that fails between two jobs",
      "bug",
      "its words",
      "test/integration/worker-pool.test.ts: that fails while it waits for work fails the next question, and nothing else",
    ),
    row("full standard output", "none", "that nobody has read the result", `${gate}: full standard output`, 4),
    row("old Node", "configuration error", "both versions", `${gate}: old Node`),
    row("share lost in merge", "share-missing", "its name", `${gate}: share lost in merge`),
    row("share's name further up another's path", "share-missing", "its name", `${gate}: share's name further up another's path`),
    row(
      "runtime that cannot be installed",
      "lane-unavailable",
      "how to preinstall it",
      "test/dist/action.test.ts: is undecided where npm has no network, says how to preinstall it, and leaves no half install",
    ),
    row("eight runs at once", "within-limits", "-", "test/faults/load.test.ts: eight runs at once"),
    row("eight runs at once on one GPU", "within-limits", "who is waited for", "test/faults/load.test.ts: eight runs at once on one GPU"),
    row("many runs in one process", "within-limits", "-", "test/faults/load.test.ts: many runs in one process"),
    row("300 models and 3,000 changed files", "none", "-", "test/faults/load.test.ts: 300 models and 3,000 changed files"),
    row("uncaught rejection at any stage", "bug", "the stack", `${gate}: uncaught rejection at any stage`),
    row("uncaught error at any stage", "bug", "the stack", `${gate}: uncaught error at any stage`),
    row(
      "standard output that is closed, or whose reader went away",
      "none",
      "-",
      `${gate}: standard output that is closed, or whose reader went away`,
    ),
  ],
};

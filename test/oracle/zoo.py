"""Figures of the zoo from Python: SQNR of every output, by ONNX Runtime without optimisation.

Reads a list of {"model", "quantized" | "calibration", "validation"} as JSON from stdin, writes a list of {"sqnrDb"} or {"error"} to stdout. A float model
is fake-quantised by simulate.py with min-max scales; a quantised one is run as it is against its float model. Arrays have one axis more than the input: samples.
"""

import json
import sys

import numpy as np
import onnx
from onnx import inliner, numpy_helper

import simulate


def main():
    json.dump([figures(job) for job in json.load(sys.stdin)], sys.stdout)


def figures(job):
    try:
        reference = inliner.inline_local_functions(onnx.load(job["model"]))
        feeds = samples(job["validation"])
        if "quantized" in job:
            return {"sqnrDb": simulate.sqnr(reference, onnx.load(job["quantized"]), feeds)}
        candidate = onnx.ModelProto()
        candidate.CopyFrom(reference)
        candidate = simulate.prepare(candidate)
        candidate.ir_version = max(candidate.ir_version, 8)
        fold_constants(candidate)
        simulate.fold_batch_norm(candidate.graph)
        tensors = simulate.compute_inputs(candidate.graph)
        simulate.fake_quantise(candidate, simulate.min_max(candidate, tensors, samples(job["calibration"])))
        return {"sqnrDb": simulate.sqnr(reference, candidate, feeds)}
    except Exception as error:  # one model's trouble is told beside the others' figures
        return {"error": f"{type(error).__name__}: {str(error)[:300]}"}


def fold_constants(model):
    """Weights that the model makes from constants (cast, transposed) become initializers, as long as they are float32."""
    graph = model.graph
    fixed = {one.name for one in graph.initializer}
    made = []
    for node in graph.node:
        if node.input and all(name in fixed for name in node.input) and not any(a.HasField("g") for a in node.attribute):
            made.append(node)
            fixed.update(node.output)
    held = {one.name for one in graph.initializer}
    read = {name for node in graph.node if node.op_type in simulate.COMPUTE for name in node.input[:2]}
    wanted = [name for node in made for name in node.output if name in read and name not in held]
    if not wanted:
        return
    part = onnx.ModelProto()
    part.CopyFrom(model)
    del part.graph.node[:], part.graph.input[:], part.graph.output[:]
    part.graph.node.extend(made)
    part.graph.output.extend(onnx.ValueInfoProto(name=name) for name in wanted)
    values = dict(zip(wanted, simulate.session(part).run(wanted, {})))
    for node in [one for one in made if any(name in values and values[name].dtype == np.float32 for name in one.output)]:
        graph.initializer.extend(numpy_helper.from_array(values[name], name) for name in node.output if name in values)
        graph.node.remove(node)


def samples(path):
    with np.load(path) as arrays:
        held = {name: arrays[name] for name in arrays.files}
    return [{name: np.asarray(values[i]) for name, values in held.items()} for i in range(len(next(iter(held.values()))))]


main()

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
        alike = unroll_scans(candidate)
        fold_constants(candidate)
        simulate.fold_batch_norm(candidate.graph)
        tensors = simulate.compute_inputs(candidate.graph)
        scales = simulate.min_max(candidate, tensors, samples(job["calibration"]))
        shared = {key: max(scales.get(name, 0) for name in alike if alike[name] == key) for key in alike.values()}
        simulate.fake_quantise(candidate, {name: shared.get(alike.get(name), scale) for name, scale in scales.items()})
        return {"sqnrDb": simulate.sqnr(reference, candidate, feeds)}
    except Exception as error:  # one model's trouble is told beside the others' figures
        return {"error": f"{type(error).__name__}: {str(error)[:300]}"}


def unroll_scans(model):
    """Writes each Scan of one sequence out, step by step. Gives the body's name of every tensor that a step reads under another: all steps share its scale."""
    graph = model.graph
    sizes = {one.name: [dim.dim_value for dim in one.type.tensor_type.shape.dim] for one in graph.input}
    alike, nodes = {}, []
    for node in graph.node:
        if node.op_type != "Scan":
            nodes.append(node)
            continue
        body = next(one.g for one in node.attribute if one.name == "body")
        *states, sequence = node.input
        names = [one.name for one in body.input]
        stacked = {one.name: [] for one in body.output[len(states) :]}
        for step in range(sizes[sequence][0]):
            index, row = f"{sequence}:{step}:index", f"{sequence}:{step}"
            graph.initializer.append(numpy_helper.from_array(np.int64(step), index))
            nodes.append(onnx.helper.make_node("Gather", [sequence, index], [row], axis=0))
            inside = dict(zip(names, [*states, row]))
            alike.update({outer: name for name, outer in inside.items()})
            for one in body.node:
                copy = onnx.NodeProto()
                copy.CopyFrom(one)
                copy.input[:] = [inside.get(name, name) for name in one.input]
                copy.output[:] = [f"{name}:{step}" for name in one.output]
                inside.update(zip(one.output, copy.output))
                nodes.append(copy)
            states = [inside[one.name] for one in body.output[: len(states)]]
            for name, made in stacked.items():
                made.append(f"{inside[name]}:row")
                nodes.append(onnx.helper.make_node("Unsqueeze", [inside[name], "axis:0"], [made[-1]]))
        nodes += [onnx.helper.make_node("Identity", [state], [output]) for state, output in zip(states, node.output)]
        nodes += [onnx.helper.make_node("Concat", made, [output], axis=0) for made, output in zip(stacked.values(), node.output[len(states) :])]
    if alike:
        graph.initializer.append(numpy_helper.from_array(np.array([0], dtype=np.int64), "axis:0"))
    del graph.node[:]
    graph.node.extend(nodes)
    return alike


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

"""Independent check of the simulate lane: fake-quantises a model with onnx and numpy and measures it with ONNX Runtime.

Reads {"model", "calibration" | "cache", "validation"} as JSON from stdin, writes {"sqnrDb": {output: dB}, "units", "scales"} to stdout.
Shares no code and no data form with the TypeScript side: standard QuantizeLinear on a model raised by onnx's own converter.
"""

import json
import struct
import sys

import numpy as np
import onnx
import onnxruntime as ort
from onnx import helper, numpy_helper

COMPUTE = {"Conv", "ConvTranspose", "Gemm", "MatMul"}


def main():
    job = json.load(sys.stdin)
    reference = onnx.load(job["model"])
    model = prepare(onnx.load(job["model"]))
    fold_batch_norm(model.graph)
    validation = samples(job["validation"])
    tensors = compute_inputs(model.graph)
    if "cache" in job:
        scales = read_cache(job["cache"])
    else:
        scales = min_max(model, tensors, samples(job["calibration"]))
    quantised = fake_quantise(model, scales)
    result = {"sqnrDb": sqnr(reference, model, validation), "units": quantised, "scales": {name: scales[name] for name in tensors if name in scales}}
    json.dump(result, sys.stdout)


def prepare(model):
    """Opset 17; Constant nodes become initializers, initializers are no inputs."""
    opset = next(one.version for one in model.opset_import if one.domain in ("", "ai.onnx"))
    if opset < 17:
        model = onnx.version_converter.convert_version(model, 17)
    graph = model.graph
    for node in [one for one in graph.node if one.op_type == "Constant"]:
        value = [a for a in node.attribute if a.name == "value"]
        if value:
            tensor = onnx.TensorProto()
            tensor.CopyFrom(value[0].t)
            tensor.name = node.output[0]
            graph.initializer.append(tensor)
            graph.node.remove(node)
    held = {one.name for one in graph.initializer}
    for given in [one for one in graph.input if one.name in held]:
        graph.input.remove(given)
    return model


def constants(graph):
    return {one.name: numpy_helper.to_array(one) for one in graph.initializer}


def readers(graph, name):
    return [node for node in graph.node if name in node.input]


def fold_batch_norm(graph):
    values = constants(graph)
    finals = {one.name for one in graph.output}
    for conv in [one for one in graph.node if one.op_type in ("Conv", "ConvTranspose")]:
        after = readers(graph, conv.output[0])
        if len(after) != 1 or after[0].op_type != "BatchNormalization" or conv.output[0] in finals:
            continue
        norm = after[0]
        if any(name not in values for name in list(norm.input[1:]) + list(conv.input[1:])):
            continue
        epsilon = next((a.f for a in norm.attribute if a.name == "epsilon"), np.float32(1e-5))
        gamma, beta, mean, var = (values[name].astype(np.float64) for name in norm.input[1:5])
        factor = gamma / np.sqrt(var + np.float64(epsilon))
        weight = values[conv.input[1]].astype(np.float64)
        if conv.op_type == "Conv":
            weight = weight * factor.reshape([-1] + [1] * (weight.ndim - 1))
        else:
            group = next((a.i for a in conv.attribute if a.name == "group"), 1)
            per_group = factor.reshape(group, 1, weight.shape[1])
            rows = np.repeat(per_group, weight.shape[0] // group, axis=1).reshape(weight.shape[0], weight.shape[1])
            weight = weight * rows.reshape(list(rows.shape) + [1] * (weight.ndim - 2))
        bias = values[conv.input[2]].astype(np.float64) if len(conv.input) > 2 else 0.0
        names = [norm.output[0] + ".w", norm.output[0] + ".b"]
        graph.initializer.append(numpy_helper.from_array(weight.astype(np.float32), names[0]))
        graph.initializer.append(numpy_helper.from_array(((bias - mean) * factor + beta).astype(np.float32), names[1]))
        data = conv.input[0]
        del conv.input[:]
        conv.input.extend([data] + names)
        conv.output[0] = norm.output[0]
        graph.node.remove(norm)


def compute_inputs(graph):
    values = {one.name for one in graph.initializer}
    found = []
    for node in graph.node:
        if node.op_type in COMPUTE:
            found += [name for name in node.input[:2] if name not in values and name not in found]
    return found


def session(model):
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def samples(path):
    """Axis 0 counts samples; each feed has a first dimension of 1."""
    with np.load(path) as arrays:
        held = {name: arrays[name] for name in arrays.files}
    count = min(len(values) for values in held.values())
    return [{name: values[i : i + 1] for name, values in held.items()} for i in range(count)]


def min_max(model, tensors, feeds):
    marked = onnx.ModelProto()
    marked.CopyFrom(model)
    inputs = {one.name for one in model.graph.input}
    names = [name for name in tensors if name not in inputs]
    del marked.graph.output[:]
    marked.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    running = session(marked) if names else None
    amax = dict.fromkeys(tensors, 0.0)
    for feed in feeds:
        values = dict(zip(names, running.run(names, feed)) if running else {}, **feed)
        for name in tensors:
            amax[name] = max(amax[name], float(np.abs(values[name]).max()))
    return {name: float(np.float32(value / 127)) for name, value in amax.items() if value > 0}


def read_cache(path):
    scales = {}
    with open(path, encoding="utf8") as lines:
        for line in list(lines)[1:]:
            name, _, word = line.rstrip("\n").rpartition(": ")
            scales[name] = struct.unpack(">f", bytes.fromhex(word))[0]
    return scales


def channel_axis(node, slot, rank):
    flags = {a.name: a.i for a in node.attribute}
    if node.op_type == "Conv":
        return 0
    if node.op_type == "ConvTranspose":
        return 1
    if node.op_type == "Gemm":
        return (1 if flags.get("transA") else 0) if slot == 0 else (0 if flags.get("transB") else 1)
    return (rank - 1 if slot == 1 else rank - 2) if rank > 1 else None


def quantised_weight(weight, axis):
    others = tuple(i for i in range(weight.ndim) if i != axis)
    amax = np.abs(weight).max(axis=others, keepdims=True) if axis is not None else np.abs(weight).max()
    scale = np.where(amax == 0, np.float32(1), (amax / np.float32(127)).astype(np.float32)).astype(np.float32)
    steps = np.clip(np.rint(weight / scale), -127, 127).astype(np.float32)
    return (steps * scale).astype(np.float32)


def fake_quantise(model, scales):
    """In place; gives the number of compute nodes that became quantised."""
    graph = model.graph
    values = constants(graph)
    graph.initializer.append(numpy_helper.from_array(np.int8(0), "oracle.zero"))
    made, nodes, count = set(), [], 0
    for node in graph.node:
        slots = list(enumerate(node.input[:2])) if node.op_type in COMPUTE else []
        if slots and all(name in values or name in scales for _, name in slots):
            count += 1
            for slot, name in slots:
                if name in values:
                    new = f"{name}.int8.{count}.{slot}"
                    weight = quantised_weight(values[name], channel_axis(node, slot, values[name].ndim))
                    graph.initializer.append(numpy_helper.from_array(weight, new))
                else:
                    new = name + ".dq"
                    if name not in made:
                        made.add(name)
                        graph.initializer.append(numpy_helper.from_array(np.float32(scales[name]), name + ".scale"))
                        nodes.append(helper.make_node("QuantizeLinear", [name, name + ".scale", "oracle.zero"], [name + ".q"]))
                        nodes.append(helper.make_node("DequantizeLinear", [name + ".q", name + ".scale", "oracle.zero"], [new]))
                node.input[slot] = new
        nodes.append(node)
    kept = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
    del graph.node[:]
    graph.node.extend(kept)
    return count


def sqnr(reference, candidate, feeds):
    """10 log10(sum r^2 / sum (r - c)^2) over all samples, float64."""
    ours, theirs = session(reference), session(candidate)
    names = [one.name for one in ours.get_outputs()]
    signal, noise = dict.fromkeys(names, 0.0), dict.fromkeys(names, 0.0)
    for feed in feeds:
        for name, a, b in zip(names, ours.run(names, feed), theirs.run(names, feed)):
            a, b = a.astype(np.float64), b.astype(np.float64)
            signal[name] += float((a**2).sum())
            noise[name] += float(((a - b) ** 2).sum())
    return {name: float(10 * np.log10(signal[name] / noise[name])) if noise[name] else None for name in names}


if __name__ == "__main__":
    main()

"""Writes two-layer networks whose inputs, outputs or arithmetic have types that numpy lacks, with samples, and works out each one's INT8 figure by itself.

Usage: python element_types.py FOLDER. Each case gives NAME.onnx, NAME.cal.npz and NAME.val.npz; prints {NAME: SQNR in dB} as JSON. The arithmetic is numpy's
and ml_dtypes': min-max scales (amax / 127) of the activations, one scale per output channel of the weights, everything symmetric.
"""

import json
import pathlib
import sys

import ml_dtypes
import numpy as np
import onnx
from onnx import TensorProto as T
from onnx import helper as h
from onnx import numpy_helper

FOLDER = pathlib.Path(sys.argv[1])
RNG = np.random.default_rng(12)
SAMPLES = 24
W, V = RNG.normal(size=(16, 8)).astype(np.float32), RNG.normal(size=(8, 4)).astype(np.float32)
NARROW = {
    "bfloat16": (T.BFLOAT16, ml_dtypes.bfloat16),
    "float16": (T.FLOAT16, np.float16),
    "float8e4m3fn": (T.FLOAT8E4M3FN, ml_dtypes.float8_e4m3fn),
    "float8e5m2": (T.FLOAT8E5M2, ml_dtypes.float8_e5m2),
}
INTEGERS = {"int4": (T.INT4, np.int8, -8, 8), "uint4": (T.UINT4, np.uint8, 0, 16)}


def rounded(values, dtype):
    return np.asarray(values, np.float32).astype(dtype).astype(np.float32)


def amax_scale(values):
    return np.float32(np.abs(values).max() / 127)


def fake(values, scale):
    return np.clip(np.rint((values / scale).astype(np.float32)), -127, 127).astype(np.float32) * scale


def figure(samples, inner=np.float32, outer=np.float32):
    """`inner`: type of every tensor between the operators; `outer`: type of input and output."""
    cal, val = (rounded(one, outer) for one in samples)
    layer = lambda x, w: rounded(x @ w, inner)
    relu = lambda x: np.maximum(x, 0)
    w, v = rounded(W, inner), rounded(V, inner)
    w8, v8 = (rounded(fake(one, np.abs(one).max(0) / np.float32(127)), inner) for one in (w, v))
    at_x, at_h = amax_scale(cal), amax_scale(relu(layer(cal, w)))
    reference = rounded(layer(relu(layer(val, w)), v), outer).astype(np.float64)
    hidden = relu(layer(rounded(fake(val, at_x), inner), w8))
    candidate = rounded(layer(rounded(fake(hidden, at_h), inner), v8), outer).astype(np.float64)
    return 10 * np.log10((reference**2).sum() / ((reference - candidate) ** 2).sum())


def write(name, parts, samples):
    nodes, inputs, outputs, weights = parts
    model = h.make_model(h.make_graph(nodes, "g", inputs, outputs, weights), opset_imports=[h.make_opsetid("", 21)], ir_version=10)
    onnx.save(model, FOLDER / f"{name}.onnx")
    for what, values in zip(("cal", "val"), samples):
        np.savez(FOLDER / f"{name}.{what}.npz", x=values)


def layers(first, last, opset_layer="MatMul"):
    return [h.make_node("MatMul", [first, "w"], ["h"]), h.make_node("Relu", ["h"], ["r"]), h.make_node(opset_layer, ["r", "v"], [last])]


def weights(data_type=T.FLOAT, dtype=np.float32):
    return [h.make_tensor(n, data_type, a.shape, a.astype(dtype).tobytes(), raw=True) for n, a in (("w", W), ("v", V))]


def numbers(*shape):
    return [RNG.normal(size=(SAMPLES, *shape)).astype(np.float32) for _ in range(2)]


def info(name, data_type, shape):
    return h.make_tensor_value_info(name, data_type, shape)


figures = {}
for word, (data_type, dtype) in NARROW.items():
    samples = numbers(1, 16)
    casts = [h.make_node("Cast", ["x"], ["xf"], to=T.FLOAT), *layers("xf", "yf"), h.make_node("Cast", ["yf"], ["y"], to=data_type)]
    write(word, (casts, [info("x", data_type, [1, 16])], [info("y", data_type, [1, 4])], weights()), samples)
    figures[word] = figure(samples, outer=dtype)
for word, (data_type, dtype) in list(NARROW.items())[:2]:
    samples = numbers(1, 16)
    typed = ([*layers("x", "y")], [info("x", data_type, [1, 16])], [info("y", data_type, [1, 4])], weights(data_type, dtype))
    write(f"{word}.arithmetic", typed, samples)
    figures[f"{word}.arithmetic"] = figure(samples, inner=dtype, outer=dtype)
for word, (data_type, dtype, low, high) in INTEGERS.items():
    samples = [RNG.integers(low, high, size=(SAMPLES, 1, 16)).astype(dtype) for _ in range(2)]
    casts = [h.make_node("Cast", ["x"], ["xf"], to=T.FLOAT), *layers("xf", "y")]
    write(word, (casts, [info("x", data_type, [1, 16])], [info("y", T.FLOAT, [1, 4])], weights()), samples)
    figures[word] = figure([one.astype(np.float32) for one in samples])

samples = numbers(1, 16)
optional = h.make_value_info("x", h.make_optional_type_proto(h.make_tensor_type_proto(T.FLOAT, [1, 16])))
write("optional", ([h.make_node("OptionalGetElement", ["x"], ["xf"]), *layers("xf", "y")], [optional], [info("y", T.FLOAT, [1, 4])], weights()), samples)
figures["optional"] = figure(samples)

# The shape of the input is not declared at all; a Gemm wants two dimensions, an elementwise start says nothing.
for name, start in (("shapeless", "Relu"), ("shapeless.gemm", "Gemm")):
    samples = [np.abs(one) for one in numbers(16)]
    x = info("x", T.FLOAT, [1])
    x.type.tensor_type.ClearField("shape")
    nodes = [h.make_node("Relu", ["x"], ["xf"]), *layers("xf", "y")] if start == "Relu" else [h.make_node("Gemm", ["x", "w"], ["h"]), *layers("", "y")[1:]]
    write(name, (nodes, [x], [info("y", T.FLOAT, ["n", 4])], weights()), samples)
    figures[name] = figure(samples)

json.dump(figures, sys.stdout)

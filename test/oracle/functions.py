"""Models with functions, each beside what onnx.inliner makes of it and what ONNX Runtime computes for that.

Usage: python functions.py FOLDER. Prints the names of the cases as JSON.
"""

import json
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime as ort
from onnx import inliner, parser
from onnx.reference import ReferenceEvaluator

HEAD = '<ir_version: 10, opset_import: ["" : 18, "f" : 1]>'

CASES = {
    "twice": """
        g (float[2,4] x, float[4,4] w) => (float[2,4] y) { t = f.lin (x, w)
          y = f.lin (t, w) }
        <domain: "f", opset_import: ["" : 18]>
        lin (a, b) => (c) { m = MatMul (a, b)
          [act] c = Relu (m) }""",
    "nested": """
        g (float[2,4] x, float[4,4] w) => (float[2,4] y) { y = f.outer (x, w) }
        <domain: "f", opset_import: ["" : 18, "f" : 1]>
        outer (a, b) => (c) { m = f.inner (a, b)
          n = f.inner (m, b)
          c = Add (m, n) }
        <domain: "f", opset_import: ["" : 18]>
        inner (a, b) => (c) { m = MatMul (a, b)
          c = Tanh (m) }""",
    "attributes": """
        g (float[2,4] x) => (float[2,4] y) { y = f.leaky <slope = 0.25> (x) }
        <domain: "f", opset_import: ["" : 18, "f" : 1]>
        leaky <slope> (a) => (b) { t = f.deep <alpha: float = @slope> (a)
          b = LeakyRelu <alpha: float = @slope> (t) }
        <domain: "f", opset_import: ["" : 18]>
        deep <alpha> (a) => (b) { t = LeakyRelu <alpha: float = @alpha> (a)
          b = Neg (t) }""",
    "missing_attribute": """
        g (float[2,4] x) => (float[2,4] y) { y = f.leaky (x) }
        <domain: "f", opset_import: ["" : 18]>
        leaky <alpha> (a) => (b) { b = LeakyRelu <alpha: float = @alpha> (a) }""",
    "overloads": """
        g (float[2,4] x) => (float[2,4] y) { t = f.act:one (x)
          y = f.act:two (t) }
        <domain: "f", overload: "one", opset_import: ["" : 18]>
        act (a) => (b) { t = Neg (a)
          b = Relu (t) }
        <domain: "f", overload: "two", opset_import: ["" : 18]>
        act (a) => (b) { t = Exp (a)
          b = Neg (t) }""",
    "optional": """
        g (float[2,4] x, float[4] lo) => (float[2,4] y) { t, = f.clip (x, lo)
          y = f.first (t) }
        <domain: "f", opset_import: ["" : 18]>
        clip (a, low, high) => (b, c) { l = ReduceMin <keepdims = 0> (low)
          b = Clip (a, l, high)
          c = Neg (b) }
        <domain: "f", opset_import: ["" : 18]>
        first (a) => (b, c) { b = Abs (a)
          c = Neg (a) }""",
    "clashes": """
        g (float[2,4] x, float[2,4] t__1) => (float[2,4] y) { t = Neg (x)
          s = f.act (t)
          y = Add (s, t__1) }
        <domain: "f", opset_import: ["" : 18]>
        act (a) => (b) { [t] t = Exp (a)
          x = Neg (t)
          b = Relu (x) }""",
    "branches": """
        g (float[2,4] x, bool c) => (float[2,4] y) { y = f.choose (x, c) }
        <domain: "f", opset_import: ["" : 18, "f" : 1]>
        choose (a, c) => (b) { t = Neg (a)
          b = If (c) <then_branch = p () => (float[2,4] q) { u = f.act (t)
            q = Neg (u) }, else_branch = p () => (float[2,4] q) { q = Exp (t) }> }
        <domain: "f", opset_import: ["" : 18]>
        act (a) => (b) { t = Exp (a)
          b = Relu (t) }""",
    "loop": """
        g (float[2,4] x, int64 n) => (float[2,4] y) { c = Constant <value: tensor = bool {1}> ()
          y = Loop (n, c, x) <body = b (int64 i, bool go, float[2,4] s) => (bool on, float[2,4] r) { on = Identity (go)
            r = f.half (s) }> }
        <domain: "f", opset_import: ["" : 18]>
        half (a) => (b) { h = Constant <value: tensor = float {0.5}> ()
          b = Mul (a, h) }""",
    "loop_inside": """
        g (float[2,4] x, int64 n) => (float[2,4] y) { t = f.again (x, n)
          y = f.again (t, n) }
        <domain: "f", opset_import: ["" : 18]>
        again (a, n) => (r) { c = Constant <value: tensor = bool {1}> ()
          r = Loop (n, c, a) <body = b (int64 i, bool go, float[2,4] s) => (bool on, float[2,4] q) { on = Identity (go)
            u = Neg (a)
            q = Add (s, u) }> }""",
    "other_opset": """
        g (float[2,4] x) => (float[2,4] y) { y = f.act (x) }
        <domain: "f", opset_import: ["" : 13]>
        act (a) => (b) { t = Add (a, a)
          b = Softmax (t) }""",
}

# onnx.inliner drops the defaults here: ONNX Runtime is given the functions themselves.
DEFAULTS = {
    "defaults": """
        g (float[2,4] x) => (float[2,4] y, float[2,4] z) { y = f.leaky <slope = 0.25> (x)
          z = f.leaky (x) }
        <domain: "f", opset_import: ["" : 18, "f" : 1]>
        leaky <slope: float = 0.5> (a) => (b) { t = f.deep <alpha: float = @slope> (a)
          b = LeakyRelu <alpha: float = @slope> (t) }
        <domain: "f", opset_import: ["" : 18]>
        deep <alpha: float = 0.125> (a) => (b) { t = LeakyRelu <alpha: float = @alpha> (a)
          b = Neg (t) }""",
}

# Neither takes an output that is an input; onnx's reference evaluator does.
PASSED = {
    "passed_through": """
        g (float[2,4] x) => (float[2,4] y, float[2,4] z) { y, z = f.both (x) }
        <domain: "f", opset_import: ["" : 18]>
        both (a) => (a, b) { b = Neg (a) }""",
}


def main():
    folder = pathlib.Path(sys.argv[1])
    for name, text in {**CASES, **DEFAULTS, **PASSED}.items():
        model = parser.parse_model(HEAD + text)
        onnx.save(model, folder / f"{name}.onnx")
        runs = model
        if name in CASES:
            runs = inliner.inline_local_functions(model, convert_version=name == "other_opset")
            onnx.save(runs, folder / f"{name}.inlined.onnx")
        feeds = values(model)
        names = [one.name for one in model.graph.output]
        results = ReferenceEvaluator(model).run(None, feeds) if name in PASSED else session(runs).run(names, feeds)
        held = {"inputs": as_json(feeds), "outputs": as_json(dict(zip(names, results)))}
        (folder / f"{name}.json").write_text(json.dumps(held))
    print(json.dumps({"structure": list(CASES), "values": [*CASES, *DEFAULTS, *PASSED]}))


def session(model):
    return ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])


def as_json(arrays):
    return {name: {"dtype": str(array.dtype), "shape": list(array.shape), "data": array.ravel().tolist()} for name, array in arrays.items()}


def values(model):
    random = np.random.default_rng(5)
    made = {onnx.TensorProto.BOOL: lambda _: np.array(True), onnx.TensorProto.INT64: lambda _: np.array(3, np.int64)}
    normal = lambda shape: random.normal(size=shape).astype(np.float32)
    return {one.name: made.get(one.type.tensor_type.elem_type, normal)([dim.dim_value for dim in one.type.tensor_type.shape.dim]) for one in model.graph.input}


main()

"""Writes the node-test cases of the onnx package: model, inputs of the first data set in Polygraphy's form, expected outputs.

Usage: python node_models.py FOLDER [STEP [COMPUTE_STEP]]: every STEP-th case, and every COMPUTE_STEP-th of those that hold a convolution or a matrix product. Prints an index as JSON:
a row has "name", "compute" (it holds one), "inputs" (they could be written), "outputs" (so could these) and "unit": what two right results may differ by,
as a share of the largest expected magnitude; one unit in the last place where an output's type is as coarse as that.
"""

import base64
import io
import json
import pathlib
import sys
import warnings

import numpy as np
import onnx
from onnx.backend.test.case.node import collect_testcases

COMPUTE = {"Conv", "ConvTranspose", "Gemm", "MatMul"}
PLAIN = set("?bBhHiIlLqQefd")
# Types that numpy does not have by itself, and the wider one that samples of them are saved in.
CARRIERS = {
    **dict.fromkeys(("bfloat16", "float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz", "float8_e8m0fnu"), np.float32),
    **dict.fromkeys(("int4", "int2"), np.int8),
    **dict.fromkeys(("uint4", "uint2"), np.uint8),
}

# Distance between neighbours from 1 to 2.
UNITS = {"float16": 2.0**-10, "bfloat16": 2.0**-7}


def main():
    folder = pathlib.Path(sys.argv[1])
    step, compute_step = [int(word) for word in [*sys.argv[2:4], "1", "1"][:2]]
    rows, computing = [], 0
    for number, case in enumerate(collect_testcases(None)):
        compute = any(node.op_type in COMPUTE for node in case.model.graph.node)
        computing += compute
        if number % step != 0 and not (compute and computing % compute_step == 0):
            continue
        place = folder / case.name
        place.mkdir(parents=True)
        (place / "model.onnx").write_bytes(case.model.SerializeToString())
        inputs, outputs = (case.data_sets or [([], [])])[0]
        row = {"name": case.name, "compute": compute, "unit": max([2e-7, *(UNITS.get(str(getattr(one, "dtype", "")), 0) for one in outputs)])}
        for what, infos, values in (("inputs", case.model.graph.input, inputs), ("outputs", case.model.graph.output, outputs)):
            arrays = {info.name: carried(value) for info, value in zip(infos, values)}
            row[what] = bool(arrays) and all(is_plain(value) for value in arrays.values())
            if row[what]:
                (place / f"{what}.json").write_text(json.dumps([{name: as_record(value) for name, value in arrays.items()}]))
        rows.append(row)
    json.dump(rows, sys.stdout)


def carried(value):
    if isinstance(value, onnx.TensorProto):
        value = onnx.numpy_helper.to_array(value)
    wide = CARRIERS.get(str(getattr(value, "dtype", "")))
    return value if wide is None else np.asarray(value).astype(wide)


def is_plain(value):
    return isinstance(value, (np.ndarray, np.generic)) and np.asarray(value).dtype.char in PLAIN


def as_record(value):
    held = io.BytesIO()
    np.save(held, np.ascontiguousarray(value).reshape(np.shape(value)))
    return {"array": base64.b64encode(held.getvalue()).decode(), "polygraphy_class": "ndarray"}


warnings.filterwarnings("ignore")
main()

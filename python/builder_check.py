"""
Asks NVIDIA's strongly typed builder (TensorRT for RTX) whether it takes an ONNX model: parses and builds it, runs nothing. Needs no GPU.
Usage: builder_check.py MODEL PROFILE RESULT. PROFILE holds {input: [min, opt, max]}.
RESULT is written at every step: a builder that dies leaves its last one.
`builder_check.py RESULT` only says whether there is a builder, and loads nothing of it.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
from typing import Any

MOST_MESSAGES = 5
# The libraries come in a wheel of their own.
MODULES = ("tensorrt_rtx_libs", "tensorrt_rtx_bindings")


def is_installed() -> bool:
    return all(importlib.util.find_spec(name) is not None for name in MODULES)


def load_builder() -> Any:
    """The builder's module; None where it cannot be loaded. Its libraries have to be imported first."""
    try:
        return [importlib.import_module(name) for name in MODULES][-1]
    except ImportError:
        return None


def make_logger(trt: Any) -> Any:
    class Logger(trt.ILogger):  # type: ignore[misc]
        def __init__(self) -> None:
            trt.ILogger.__init__(self)
            self.errors: list[str] = []

        def log(self, severity: Any, message: str) -> None:
            if severity in (trt.ILogger.ERROR, trt.ILogger.INTERNAL_ERROR):
                self.errors.append(message)

    return Logger()


def with_profile(builder: Any, network: Any, config: Any, shapes: dict[str, list[list[int]]]) -> None:
    """Open dimensions need a profile; fixed ones must not have another."""
    profile = builder.create_optimization_profile()
    inputs = [network.get_input(i) for i in range(network.num_inputs)]
    opened = [one for one in inputs if -1 in tuple(one.shape) and one.name in shapes]
    for one in opened:
        profile.set_shape(one.name, *shapes[one.name])
    if opened:
        config.add_optimization_profile(profile)


def answer(trt: Any, model: str, shapes: dict[str, list[list[int]]]) -> dict[str, Any]:
    logger = make_logger(trt)
    builder = trt.Builder(logger)
    network = builder.create_network(1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED))
    parser = trt.OnnxParser(network, logger)
    if not parser.parse_from_file(model):
        said = [parser.get_error(i).desc() for i in range(parser.num_errors)]
        return {"taken": False, "messages": (said + logger.errors)[:MOST_MESSAGES]}
    config = builder.create_builder_config()
    with_profile(builder, network, config, shapes)
    plan = builder.build_serialized_network(network, config)
    return {"taken": plan is not None, "messages": [] if plan is not None else logger.errors[:MOST_MESSAGES]}


def write(result: str, facts: dict[str, Any]) -> None:
    with open(result, "w", encoding="utf-8") as file:
        json.dump(facts, file)


def main(model: str, profile: str, result: str) -> int:
    trt = load_builder()
    if trt is None:
        write(result, {"builder": None})
        return 0
    builder = "TensorRT for RTX {}".format(trt.__version__)
    write(result, {"builder": builder})
    with open(profile, encoding="utf-8") as file:
        shapes = json.load(file)
    write(result, {"builder": builder, **answer(trt, model, shapes)})
    return 0


if __name__ == "__main__":
    if len(sys.argv) == 2:
        write(sys.argv[1], {"installed": is_installed()})
    elif len(sys.argv) == 4:
        sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3]))
    else:
        raise SystemExit("usage: builder_check.py [MODEL PROFILE] RESULT")

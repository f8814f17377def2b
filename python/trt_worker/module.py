"""Which TensorRT this interpreter has: TensorRT itself, or TensorRT for RTX where it is alone. Both are called `tensorrt` afterwards."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from typing import Any

TENSORRT, RTX = "TensorRT", "TensorRT for RTX"


def is_there(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def product() -> str | None:
    """None where there is neither. What is installed beside TensorRT is not asked: an interpreter of its own chooses TensorRT for RTX."""
    if is_there("tensorrt"):
        return TENSORRT
    return RTX if is_there("tensorrt_rtx") or is_there("tensorrt_rtx_bindings") else None


def take(what: str) -> Any:
    """Imports it. Before Polygraphy, which reads from a variable which of the two it works with."""
    if what == TENSORRT:
        return importlib.import_module("tensorrt")
    os.environ["POLYGRAPHY_USE_TENSORRT_RTX"] = "1"
    if is_there("tensorrt_rtx"):
        module = importlib.import_module("tensorrt_rtx")
    else:
        # The wheels: the libraries are one of their own, which has to be loaded first.
        importlib.import_module("tensorrt_rtx_libs")
        module = importlib.import_module("tensorrt_rtx_bindings")
        sys.modules["tensorrt_rtx"] = module
    sys.modules["tensorrt"] = module
    return module


def why_not_here(trt: Any, logger: Any, errors: Any) -> str | None:
    """TensorRT for RTX builds anywhere and runs on some GPUs: asks it with an engine of one layer. Its own words, or None where it runs."""
    builder = trt.Builder(logger)
    network = builder.create_network(1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED))
    tensor = network.add_input("x", trt.float32, (1,))
    network.mark_output(network.add_identity(tensor).get_output(0))
    plan = builder.build_serialized_network(network, builder.create_builder_config())
    try:
        engine = None if plan is None else trt.Runtime(logger).deserialize_cuda_engine(plan)
        if engine is not None and engine.create_execution_context() is not None:
            return None
    except Exception as error:  # without a driver the runtime itself cannot be made
        return " ".join(errors()[-2:] or [str(error)])
    return " ".join(errors()[-2:]) or "it gives no reason"

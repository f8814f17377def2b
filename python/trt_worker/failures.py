"""Gives every exception a kind. The phase decides; words only tell memory, disk and missing parts from the rest."""

from __future__ import annotations

import errno

from .logs import LogKeeper
from .protocol import Failure

BY_PHASE = {"load": "parse-failed", "build": "build-failed", "run": "run-failed", "latency": "run-failed", "inspect": "run-failed"}
OUT_OF_MEMORY = ("out of memory", "outofmemory", "cuda error: 2.", "cudaerrormemoryallocation")
NO_CUDA = "cuda initialization failure"
# Of TensorRT for RTX 1.7.1 on a machine without a driver.
OLD_DRIVER = "cuda driver version is insufficient"
# TensorRT 10 keeps each GPU generation's kernels in a library of its own, and not every distribution of TensorRT holds all of them.
NO_BUILDER = "nvinfer_builder_resource"
DISK_FULL = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))


def failure_of(error: BaseException, phase: str, keeper: LogKeeper) -> Failure:
    """The Failure that stands for `error`, raised while doing `phase`; `keeper` holds the request's log lines."""
    if isinstance(error, Failure):
        return error
    if isinstance(error, OSError) and error.errno in DISK_FULL:
        return Failure("disk-full", str(error))
    if isinstance(error, MemoryError):
        return Failure("host-oom", "the machine's memory is exhausted")
    text = "{}: {}".format(type(error).__name__, error)
    said = " ".join(keeper.errors() + [text]).lower()
    if any(words in said for words in OUT_OF_MEMORY):
        return Failure("cuda-oom", _first(keeper, text))
    for kind, words in (("builder-missing", NO_BUILDER), ("no-cuda", NO_CUDA), ("no-cuda", OLD_DRIVER)):
        lines = keeper.holding(words)
        if lines:
            return Failure(kind, lines[0])
    if "not available on tensorrt version" in said or isinstance(error, AttributeError):
        return Failure("unsupported", text)
    return Failure(BY_PHASE.get(phase, "worker-failed"), _first(keeper, text))


def _first(keeper: LogKeeper, text: str) -> str:
    errors = keeper.errors()
    return errors[0] if errors else text

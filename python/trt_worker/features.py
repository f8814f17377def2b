"""What this TensorRT can do, found by looking for its parts: version numbers decide nothing (some 11.x builds keep old names)."""

from __future__ import annotations

from typing import Any

from . import module
from .logs import LogKeeper, install
from .protocol import Failure

CALIBRATORS = ("IInt8EntropyCalibrator2", "IInt8EntropyCalibrator", "IInt8MinMaxCalibrator", "IInt8LegacyCalibrator")


def features(trt: Any) -> dict[str, Any]:
    flags = getattr(trt, "BuilderFlag", None)
    creation = getattr(trt, "NetworkDefinitionCreationFlag", None)
    layer = getattr(trt, "ILayer", None)
    network = getattr(trt, "INetworkDefinition", None)
    weak = hasattr(flags, "FP16")
    return {
        "int8Flag": hasattr(flags, "INT8"),
        "fp16Flag": weak,
        "calibrators": [name for name in CALIBRATORS if hasattr(trt, name)],
        # Without a weakly typed mode every network is strongly typed, flag or not.
        "stronglyTyped": hasattr(creation, "STRONGLY_TYPED") or not weak,
        "stronglyTypedFlag": hasattr(creation, "STRONGLY_TYPED"),
        "obeyPrecision": hasattr(flags, "OBEY_PRECISION_CONSTRAINTS"),
        "layerPrecision": hasattr(layer, "precision") and hasattr(layer, "reset_precision"),
        "unfusedDebug": hasattr(network, "mark_unfused_tensors_as_debug_tensors"),
        "editableTimingCache": hasattr(flags, "EDITABLE_TIMING_CACHE"),
        "errorOnTimingCacheMiss": hasattr(flags, "ERROR_ON_TIMING_CACHE_MISS"),
        "inspector": hasattr(trt, "LayerInformationFormat"),
        "versionCompatible": hasattr(flags, "VERSION_COMPATIBLE"),
        "dla": hasattr(trt, "DeviceType") and hasattr(trt.DeviceType, "DLA"),
        # TensorRT for RTX compiles kernels where the engine runs, and keeps them in a cache of the runtime; timing caches do nothing there.
        "runtimeCache": hasattr(trt, "IRuntimeCache"),
    }


def hello(keeper: LogKeeper) -> dict[str, Any]:
    """Imports everything heavy, before any foreign script could run, and says what is there."""
    import platform

    product = _check_modules()
    import numpy

    trt = module.take(product)
    if not hasattr(trt.IExecutionContext, "execute_async_v3"):
        raise Failure("too-old", "{} {} cannot run an engine by tensor names, which came with 8.5".format(product, trt.__version__))
    import polygraphy

    logger = install(keeper)
    return {
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "product": product,
        "tensorrt": trt.__version__,
        "polygraphy": polygraphy.__version__,
        "features": features(trt),
        "notHere": module.why_not_here(trt, logger, keeper.errors) if product == module.RTX else None,
        "memory": gpu_memory(),
    }


def _check_modules() -> str:
    """The product. Names every missing module at once; a module that is there and does not load fails later with its own words."""
    product = module.product()
    missing = [name for name in ("numpy", "tensorrt", "polygraphy") if not (product if name == "tensorrt" else module.is_there(name))]
    if missing or product is None:
        raise Failure("missing-module", "Python has no module {}".format(" and no module ".join(missing)), modules=missing)
    return product


def gpu_memory() -> dict[str, int] | None:
    """Free and total bytes of the GPU in use; None where there is no CUDA runtime, or it cannot say."""
    import ctypes

    from polygraphy import cuda

    free, total = ctypes.c_size_t(), ctypes.c_size_t()
    try:
        query = getattr(cuda.wrapper().handle, "cudaMemGetInfo", None)
    except OSError:
        return None
    if query is None or query(ctypes.byref(free), ctypes.byref(total)) != 0:
        return None
    return {"freeBytes": free.value, "totalBytes": total.value}

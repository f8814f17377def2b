"""One build: configuration from plain options, calibration that cannot be cut short unseen, engine bytes deserialised at once."""

from __future__ import annotations

import os
import time
from typing import Any, Iterator

from . import networks
from .logs import LogKeeper
from .protocol import Failure


class Samples:
    """Calibration batches from `.npy` files. Counts what TensorRT took: a batch that fails ends calibration silently."""

    def __init__(self, samples: list[dict[str, str]]) -> None:
        self._samples = samples
        self.taken = 0

    def __iter__(self) -> Iterator[dict[str, Any]]:
        import numpy

        for sample in self._samples:
            self.taken += 1
            yield {name: numpy.ascontiguousarray(numpy.load(path, allow_pickle=False)) for name, path in sample.items()}


class NoSamples:
    """Stands where a cache must do: being asked for a batch means that TensorRT refused the cache."""

    def __init__(self) -> None:
        self.asked = False

    def __iter__(self) -> NoSamples:
        return self

    def __next__(self) -> dict[str, Any]:
        self.asked = True
        raise StopIteration


def build(loaded: networks.Network, options: dict[str, Any], keeper: LogKeeper) -> tuple[Any, dict[str, Any]]:
    """Gives (engine, facts). `options` are those of the `build` request (src/lanes/tensorrt/session.ts)."""
    from polygraphy.backend.trt import engine_bytes_from_network, engine_from_bytes

    calibration = options.get("calibration")
    samples = _samples(calibration)
    networks.set_precisions(loaded, options.get("keep"))
    start = time.monotonic()
    with networks.Marks(loaded, options.get("marks") or []):
        config = _config(loaded, options, calibration, samples)
        try:
            plan = engine_bytes_from_network((loaded.builder, loaded.network), config=config, save_timing_cache=options.get("timingCache"))
        except Exception:
            # A build that failed before it calibrated failed for reasons of its own.
            if not isinstance(samples, Samples) or samples.taken > 0:
                _check_calibration(calibration, samples)
            raise
    _check_calibration(calibration, samples)
    if options.get("plan"):
        with open(options["plan"], "wb") as file:
            file.write(memoryview(plan))
    engine = engine_from_bytes(plan)
    return engine, {
        "seconds": time.monotonic() - start,
        "sizeBytes": _size(plan),
        "missingScales": keeper.missing_scales,
        "degraded": keeper.holding("insufficient memory")[:5],
        "warnings": keeper.warnings()[:20],
        "calibrationBatches": samples.taken if isinstance(samples, Samples) else 0,
    }


def open_plan(path: str, keeper: LogKeeper) -> tuple[Any, dict[str, Any]]:
    """An engine from a file. Failure `plan-refused` with TensorRT's own words: it takes no other version's and no other GPU's."""
    from polygraphy.backend.trt import engine_from_bytes

    start = time.monotonic()
    with open(path, "rb") as file:
        plan = file.read()
    try:
        engine = engine_from_bytes(plan)
    except Exception as error:
        raise Failure("plan-refused", (keeper.errors() or [str(error)])[-1]) from error
    return engine, {
        "seconds": time.monotonic() - start,
        "sizeBytes": len(plan),
        "missingScales": [],
        "degraded": [],
        "warnings": keeper.warnings()[:20],
        "calibrationBatches": 0,
    }


def _size(plan: Any) -> int:
    return int(getattr(plan, "nbytes", None) or len(plan))


def _samples(calibration: dict[str, Any] | None) -> Samples | NoSamples | None:
    if calibration is None:
        return None
    if calibration.get("samples"):
        if os.path.exists(calibration["cache"]):
            raise Failure("bad-request", "calibrating would read the cache that is already there")
        return Samples(calibration["samples"])
    if not os.path.exists(calibration["cache"]) or os.path.getsize(calibration["cache"]) == 0:
        raise Failure("stale-cache", "the calibration cache is missing or empty")
    return NoSamples()


def _check_calibration(calibration: dict[str, Any] | None, samples: Samples | NoSamples | None) -> None:
    if isinstance(samples, NoSamples) and samples.asked:
        raise Failure("stale-cache", "TensorRT did not accept the calibration cache and wanted to calibrate anew")
    if calibration is not None and isinstance(samples, Samples):
        expected = len(calibration["samples"])
        if samples.taken != expected:
            raise Failure("calibration-truncated", "calibration used {} of {} samples".format(samples.taken, expected))
        if not os.path.exists(calibration["cache"]) or os.path.getsize(calibration["cache"]) == 0:
            raise Failure("no-result", "calibration ended without writing its cache")


def _config(
    loaded: networks.Network, options: dict[str, Any], calibration: dict[str, Any] | None, samples: Samples | NoSamples | None
) -> Any:
    import tensorrt as trt
    from polygraphy.backend.trt import Calibrator, create_config

    settings: dict[str, Any] = {"profiles": [loaded.profile], "tf32": bool(options.get("tf32"))}
    if hasattr(trt, "ProfilingVerbosity"):
        settings["profiling_verbosity"] = trt.ProfilingVerbosity.DETAILED
    for name in ("fp16", "int8"):
        if options.get(name):
            settings[name] = True
    if calibration is not None:
        base = getattr(trt, calibration["calibrator"])
        settings["calibrator"] = Calibrator(samples, cache=calibration["cache"], BaseClass=base)
    if options.get("keep") and options["keep"]["layers"]:
        settings["precision_constraints"] = "obey"
    if options.get("timingCache") and os.path.exists(options["timingCache"]):
        settings["load_timing_cache"] = options["timingCache"]
    if options.get("workspaceBytes"):
        settings["memory_pool_limits"] = {trt.MemoryPoolType.WORKSPACE: options["workspaceBytes"]}
    if options.get("optimizationLevel") is not None:
        settings["builder_optimization_level"] = options["optimizationLevel"]
    if options.get("noTacticSources"):
        settings["tactic_sources"] = []
    if options.get("versionCompatible"):
        settings["version_compatible"] = True
    if options.get("dlaCore") is not None:
        settings.update(use_dla=True, allow_gpu_fallback=True)
    config = create_config(loaded.builder, loaded.network, **settings)
    if settings.get("precision_constraints") == "obey":
        # For DLA Polygraphy asks for `prefer` as well, and of the two only one can hold.
        config.clear_flag(trt.BuilderFlag.PREFER_PRECISION_CONSTRAINTS)
        config.set_flag(trt.BuilderFlag.OBEY_PRECISION_CONSTRAINTS)
    if options.get("dlaCore") is not None:
        config.DLA_core = options["dlaCore"]
    return config

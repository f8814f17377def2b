"""Engines at work: inference into `.npy` files, executed layers. Array order and names are kept, values never changed."""

from __future__ import annotations

import os
from typing import Any

from .protocol import Failure


class Engine:
    """An engine with one execution context, made at first use, freed on `release`. `runtime_cache`: kernels compiled where it runs."""

    def __init__(self, engine: Any, runtime_cache: str | None = None) -> None:
        self.engine = engine
        self._runner: Any = None
        self._runtime_cache = runtime_cache

    def runner(self) -> Any:
        from polygraphy.backend.trt import TrtRunner

        if self._runner is None:
            runner = TrtRunner(context_of(self.engine, self._runtime_cache) if self._runtime_cache else self.engine)
            runner.activate()
            self._runner = runner
        return self._runner

    def release(self) -> None:
        if self._runner is not None:
            # Polygraphy 0.53 frees its input buffers but never those of the output allocator.
            outputs = dict(getattr(getattr(self._runner, "output_allocator", None), "buffers", {}))
            self._runner.deactivate()
            for buffer in outputs.values():
                buffer.free()
        self._runner = None
        self.engine = None


def context_of(engine: Any, runtime_cache: str) -> Any:
    """Reads the cache, where there is one, and writes it back with what this engine's context had to compile."""
    config = engine.create_runtime_config()
    cache = config.create_runtime_cache()
    if os.path.exists(runtime_cache):
        with open(runtime_cache, "rb") as file:
            cache.deserialize(file.read())
    config.set_runtime_cache(cache)
    context = engine.create_execution_context(config)
    if context is None:
        raise Failure("run-failed", "no execution context could be made with a runtime cache")
    with open(runtime_cache, "wb") as file:
        file.write(memoryview(cache.serialize()))
    return context


def run(engine: Engine, feeds: list[dict[str, str]], folder: str, first: int) -> dict[str, list[str]]:
    """Runs each feed ({input: .npy path}) and writes output k of feed i to `<folder>/<first + i>-<k>.npy`."""
    import numpy

    os.makedirs(folder, exist_ok=True)
    names: list[str] = []
    for number, feed in enumerate(feeds):
        outputs = engine.runner().infer(load_feed(feed, engine.engine))
        names = list(outputs)
        for k, name in enumerate(names):
            # infer() reuses its buffers: the array is written before the next call.
            numpy.save(os.path.join(folder, "{}-{}.npy".format(first + number, k)), numpy.asarray(outputs[name]), allow_pickle=False)
    return {"names": names}


def load_feed(feed: dict[str, str], engine: Any) -> dict[str, Any]:
    import numpy

    return {name: _as_engine_reads(numpy.load(path, allow_pickle=False), name, engine) for name, path in feed.items()}


def _as_engine_reads(array: Any, name: str, engine: Any) -> Any:
    """
    A quantised file may read half precision where its float model reads float32. Below TensorRT 10 an int64 input of the model is an int32
    input of the engine: what does not fit is a failure, no other number.
    """
    import numpy
    import tensorrt as trt

    wanted = engine.get_tensor_dtype(name)
    floats = {trt.float32: numpy.float32, trt.float16: numpy.float16}
    if array.dtype in (numpy.float32, numpy.float16) and wanted in floats:
        return array.astype(floats[wanted], copy=False)
    if array.dtype != numpy.int64 or wanted != trt.int32:
        return array
    narrow = array.astype(numpy.int32)
    if not numpy.array_equal(narrow, array):
        raise Failure("run-failed", "input {!r} holds an integer beyond 32 bits, and this TensorRT has no wider one".format(name))
    return narrow


def inspect(engine: Engine, path: str) -> dict[str, str]:
    """Writes the engine inspector's JSON (whole engine) to `path`."""
    import tensorrt as trt

    inspector = engine.engine.create_engine_inspector()
    text = inspector.get_engine_information(trt.LayerInformationFormat.JSON)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return {"path": path}

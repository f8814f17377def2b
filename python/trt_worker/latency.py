"""
Latency of several engines in one process: fixed addresses, CUDA graphs where all engines allow one, CUDA events, engines in turns.
Gives milliseconds of the GPU; which engine is the faster is the caller's to say.
"""

from __future__ import annotations

import ctypes
import statistics
import time
from typing import Any

from .engines import context_of, load_feed
from .protocol import Failure

# cudaStreamCaptureModeThreadLocal: calls of other threads do not spoil a capture.
THREAD_LOCAL = 1
# A turn is so long that the switch to the other engine does not show in it, and so short that clocks move little between two turns.
TURN_MS = 10.0
MOST_LAUNCHES = 50


class Runtime:
    """The calls of the CUDA runtime that Polygraphy does not wrap. Each raises where CUDA reports an error."""

    def __init__(self) -> None:
        from polygraphy import cuda

        self._cuda = cuda.wrapper()
        self._calls = self._cuda.handle

    def check(self, status: int, doing: str) -> None:
        if status != 0:
            self._calls.cudaGetLastError()
            raise Failure("run-failed", "CUDA error {} while {}".format(status, doing))

    def event(self) -> ctypes.c_void_p:
        event = ctypes.c_void_p()
        self.check(self._calls.cudaEventCreate(ctypes.byref(event)), "making an event")
        return event

    def record(self, event: ctypes.c_void_p, stream: int) -> None:
        self.check(self._calls.cudaEventRecord(event, ctypes.c_void_p(stream)), "recording an event")

    def milliseconds(self, start: ctypes.c_void_p, end: ctypes.c_void_p) -> float:
        elapsed = ctypes.c_float()
        self.check(self._calls.cudaEventElapsedTime(ctypes.byref(elapsed), start, end), "reading an event")
        return float(elapsed.value)

    def free_event(self, event: ctypes.c_void_p) -> None:
        self._calls.cudaEventDestroy(event)

    def synchronize(self, stream: int) -> None:
        self.check(self._calls.cudaStreamSynchronize(ctypes.c_void_p(stream)), "running the engine")

    def begin_capture(self, stream: int) -> None:
        self.check(self._calls.cudaStreamBeginCapture(ctypes.c_void_p(stream), ctypes.c_int(THREAD_LOCAL)), "beginning a graph")

    def end_capture(self, stream: int) -> ctypes.c_void_p | None:
        """None where the capture was spoiled. To be called after every `begin_capture`, or the stream stays in capture."""
        graph = ctypes.c_void_p()
        status = self._calls.cudaStreamEndCapture(ctypes.c_void_p(stream), ctypes.byref(graph))
        if status == 0 and graph.value:
            return graph
        self._calls.cudaGetLastError()
        return None

    def instantiate(self, graph: ctypes.c_void_p) -> ctypes.c_void_p | None:
        """CUDA 11 takes a node, a log and its size after the graph, CUDA 12 and newer take flags: zeros are right for both."""
        made = ctypes.c_void_p()
        none = ctypes.c_void_p(0)
        status = self._calls.cudaGraphInstantiate(ctypes.byref(made), graph, none, none, ctypes.c_size_t(0))
        self._calls.cudaGraphDestroy(graph)
        if status == 0:
            return made
        self._calls.cudaGetLastError()
        return None

    def launch(self, graph: ctypes.c_void_p, stream: int) -> None:
        self.check(self._calls.cudaGraphLaunch(graph, ctypes.c_void_p(stream)), "launching a graph")

    def free_graph(self, graph: ctypes.c_void_p) -> None:
        self._calls.cudaGraphExecDestroy(graph)


class TimedEngine:
    """An engine with every tensor at an address that does not change any more. Run once, so that nothing is set up while it is timed."""

    def __init__(self, engine: Any, feed: dict[str, str], runtime: Runtime, runtime_cache: str | None = None) -> None:
        from polygraphy import cuda

        self._engine, self._runtime = engine, runtime
        self._held: list[Any] = []
        self._graph: ctypes.c_void_p | None = None
        self._context = context_of(engine, runtime_cache) if runtime_cache else engine.create_execution_context()
        if self._context is None:
            raise Failure("cuda-oom", "no execution context could be made beside those of the other engines")
        self._stream = cuda.Stream()
        try:
            self._place(load_feed(feed, engine))
            self._enqueue()
            runtime.synchronize(self._stream.ptr)
        except BaseException:
            self.close()
            raise

    def _place(self, feed: dict[str, Any]) -> None:
        import tensorrt as trt

        names = [self._engine.get_tensor_name(i) for i in range(self._engine.num_io_tensors)]
        is_input = {name: self._engine.get_tensor_mode(name) == trt.TensorIOMode.INPUT for name in names}
        for name in (name for name in names if is_input[name]):
            if not self._context.set_input_shape(name, tuple(feed[name].shape)):
                raise Failure("run-failed", "the engine does not take input {!r} of shape {}".format(name, tuple(feed[name].shape)))
            self._set(name, self._input(name, feed[name]))
        for name in (name for name in names if not is_input[name]):
            # The largest that the profile allows: also right where the shape depends on the data.
            self._set(name, self._buffer(int(self._context.get_max_output_size(name)), name))

    def _input(self, name: str, array: Any) -> int:
        import numpy

        if self._engine.is_shape_inference_io(name):
            array = numpy.ascontiguousarray(array)
            self._held.append(array)
            return int(array.ctypes.data)
        from polygraphy import cuda

        buffer = cuda.DeviceArray(shape=array.shape, dtype=array.dtype)
        self._held.append(buffer)
        buffer.copy_from(numpy.ascontiguousarray(array))
        return int(buffer.ptr)

    def _buffer(self, size: int, name: str) -> int:
        from polygraphy import cuda

        if size < 0:
            raise Failure("run-failed", "the engine does not say how large output {!r} can become".format(name))
        buffer = cuda.DeviceArray.raw((max(1, size),))
        self._held.append(buffer)
        return int(buffer.ptr)

    def _set(self, name: str, address: int) -> None:
        if not self._context.set_tensor_address(name, address):
            raise Failure("run-failed", "the engine does not take an address for {!r}".format(name))

    def _enqueue(self) -> None:
        if not self._context.execute_async_v3(stream_handle=self._stream.ptr):
            raise Failure("run-failed", "the engine did not run")

    def capture(self) -> bool:
        """Makes a graph of one inference. False where the engine does not allow one: it waits for the host, say."""
        runtime, stream = self._runtime, self._stream.ptr
        runtime.begin_capture(stream)
        try:
            done = bool(self._context.execute_async_v3(stream_handle=stream))
        finally:
            graph = runtime.end_capture(stream)
        self._graph = runtime.instantiate(graph) if graph is not None else None
        if self._graph is None or not done:
            self.drop_graph()
            return False
        return True

    def drop_graph(self) -> None:
        if self._graph is not None:
            self._runtime.free_graph(self._graph)
        self._graph = None

    def turn(self, launches: int) -> list[float]:
        """Milliseconds of so many inferences, one behind the other; the host waits only at the end."""
        runtime, stream = self._runtime, self._stream.ptr
        events = [(runtime.event(), runtime.event()) for _ in range(launches)]
        try:
            for start, end in events:
                runtime.record(start, stream)
                if self._graph is not None:
                    runtime.launch(self._graph, stream)
                else:
                    self._enqueue()
                runtime.record(end, stream)
            runtime.synchronize(stream)
            return [runtime.milliseconds(start, end) for start, end in events]
        finally:
            for pair in events:
                for event in pair:
                    runtime.free_event(event)

    def close(self) -> None:
        self.drop_graph()
        for held in self._held:
            if hasattr(held, "free"):
                held.free()
        self._held = []
        self._context = None
        self._stream.free()


def measure(opened: list[Any], feed: dict[str, str], options: dict[str, Any]) -> dict[str, Any]:
    """
    `options`: warmUpMs, leastMs (of the GPU, for each engine), leastRounds, mostSeconds (of the clock, for all).
    `rounds[r][e]` is the median of the inferences of engine e in round r; whoever comes first changes from round to round.
    """
    runtime = Runtime()
    engines: list[TimedEngine] = []
    try:
        for engine in opened:
            engines.append(TimedEngine(engine, feed, runtime, options.get("runtimeCache")))
        # Like with like: a graph saves the host's part, and must not do so for one side alone.
        captured = [engine.capture() for engine in engines]
        if not all(captured):
            for engine in engines:
                engine.drop_graph()
        launches = [_warmed(engine, float(options["warmUpMs"])) for engine in engines]
        rounds = _rounds(engines, launches, options)
        return {"graphs": captured, "usedGraphs": all(captured), "launches": launches, "rounds": rounds}
    finally:
        for engine in engines:
            engine.close()


def _warmed(engine: TimedEngine, warm_up_ms: float) -> int:
    """Inferences of one turn."""
    spent, last = 0.0, 0.0
    while spent < warm_up_ms:
        last = max(engine.turn(1)[0], 1e-3)
        spent += last
    return max(1, min(MOST_LAUNCHES, round(TURN_MS / last)))


def _rounds(engines: list[TimedEngine], launches: list[int], options: dict[str, Any]) -> list[list[float]]:
    rounds: list[list[float]] = []
    spent = [0.0] * len(engines)
    end = time.monotonic() + float(options["mostSeconds"])
    while (min(spent) < options["leastMs"] or len(rounds) < options["leastRounds"]) and (len(rounds) < 2 or time.monotonic() < end):
        order = list(range(len(engines)))
        if len(rounds) % 2 == 1:
            order.reverse()
        medians = [0.0] * len(engines)
        for number in order:
            times = engines[number].turn(launches[number])
            medians[number] = statistics.median(times)
            spent[number] += sum(times)
        rounds.append(medians)
    return rounds

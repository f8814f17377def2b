"""
The long-lived TensorRT worker: reads requests from stdin, answers each in turn on stdout, until stdin ends.
Makes engines and tensors; every decision is the caller's.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import sys
import threading
from typing import Any, Dict

# With a safe path Python leaves the script's own folder out. It holds only files of the gate, and goes last.
sys.path.append(os.path.dirname(os.path.abspath(__file__)))

from trt_worker import builds, engines, features, latency, logs, networks  # noqa: E402
from trt_worker.failures import failure_of  # noqa: E402
from trt_worker.protocol import Channel, Failure  # noqa: E402

Request = Dict[str, Any]


class Worker:
    def __init__(self, channel: Channel) -> None:
        self.keeper = logs.LogKeeper(channel)
        self.networks: dict[str, networks.Network] = {}
        self.engines: dict[str, engines.Engine] = {}

    def hello(self, _: Request) -> dict[str, Any]:
        try:
            return features.hello(self.keeper)
        except ImportError as error:
            raise Failure("missing-module", "{}: {}".format(type(error).__name__, error)) from error

    def load(self, request: Request) -> dict[str, Any]:
        loaded = networks.load(
            request["model"],
            request["shapes"],
            request["typed"],
            request.get("plugins") or [],
            request.get("values"),
            bool(request.get("versionCompatible")),
        )
        self.networks[request["network"]] = loaded
        _write_json(request["describe"], networks.describe(loaded))
        return {"describe": request["describe"]}

    def state(self, request: Request) -> dict[str, Any]:
        return networks.state(self.networks[request["network"]])

    def unload(self, request: Request) -> dict[str, Any]:
        self.networks.pop(request["network"], None)
        return {}

    def build(self, request: Request) -> dict[str, Any]:
        engine, facts = builds.build(self.networks[request["network"]], request, self.keeper)
        self.engines[request["engine"]] = engines.Engine(engine, request.get("runtimeCache"))
        return dict(facts, memory=features.gpu_memory())

    def open(self, request: Request) -> dict[str, Any]:
        engine, facts = builds.open_plan(request["plan"], self.keeper)
        self.engines[request["engine"]] = engines.Engine(engine, request.get("runtimeCache"))
        return dict(facts, memory=features.gpu_memory())

    def run(self, request: Request) -> dict[str, Any]:
        return engines.run(self.engines[request["engine"]], request["feeds"], request["folder"], request["first"])

    def inspect(self, request: Request) -> dict[str, Any]:
        return engines.inspect(self.engines[request["engine"]], request["path"])

    def latency(self, request: Request) -> dict[str, Any]:
        """Opens plans side by side, times them in turns, and lets go of all of them."""
        opened = [builds.open_plan(plan, self.keeper)[0] for plan in request["plans"]]
        return latency.measure(opened, request["feed"], request)

    def release(self, request: Request) -> dict[str, Any]:
        engine = self.engines.pop(request["engine"], None)
        if engine is not None:
            engine.release()
        return {"memory": features.gpu_memory()}


OPERATIONS = ("hello", "load", "state", "unload", "build", "open", "run", "inspect", "latency", "release")


def _write_json(path: str, value: object) -> None:
    import json

    with open(path, "w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=True, allow_nan=False)


def answer(worker: Worker, request: Request) -> dict[str, Any]:
    operation = str(request.get("op"))
    worker.keeper.start()
    try:
        if operation not in OPERATIONS:
            raise Failure("bad-request", "unknown operation {!r}".format(operation))
        return {"id": request.get("id"), "ok": True, "result": getattr(worker, operation)(request)}
    except Exception as error:  # every failure is an answer: the worker lives on
        failure = failure_of(error, operation, worker.keeper)
        return {
            "id": request.get("id"),
            "ok": False,
            "error": {
                "kind": failure.kind,
                "message": str(failure)[:4000],
                "detail": failure.detail,
                "lines": worker.keeper.errors()[-20:],
            },
        }


def _die_with_parent() -> None:
    """Linux: a gate that was killed outright takes the worker, and the GPU memory it holds, along."""
    if sys.platform.startswith("linux"):
        try:
            ctypes.CDLL(None).prctl(1, signal.SIGKILL)
        except (OSError, AttributeError):
            pass  # a libc without prctl: the worker then ends when stdin does


def _die_with_stdin() -> None:
    """Where the interpreter is a wrapper that waits for us, the gate is not our parent: its end of the pipe tells. Builds hold no lock."""
    poll = getattr(select, "poll", None)
    if poll is None:
        return

    def wait() -> None:
        waiting = poll()
        waiting.register(0, 0)
        waiting.poll()
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=wait, daemon=True).start()


def main() -> None:
    _die_with_parent()
    _die_with_stdin()
    channel = Channel()
    worker = Worker(channel)
    for request in channel.requests():
        if request.get("op") == "close":
            channel.send({"id": request.get("id"), "ok": True, "result": {}})
            break
        channel.send(answer(worker, request))
    for engine in worker.engines.values():
        engine.release()


if __name__ == "__main__":
    main()

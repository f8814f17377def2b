"""Turns TensorRT's log into events and keeps the lines of the request under way. Decides nothing by them."""

from __future__ import annotations

from typing import Any

from .protocol import Channel

KEPT_LINES = 400
LINE_CHARACTERS = 2000


class LogKeeper:
    """The lines of the current request, newest last, as (level, text)."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self.lines: list[tuple[str, str]] = []

    def start(self) -> None:
        self.lines = []

    def add(self, level: str, text: str) -> None:
        text = str(text)[:LINE_CHARACTERS]
        if len(self.lines) < KEPT_LINES:
            self.lines.append((level, text))
        # Hundreds of "Missing scale" lines are one fact, which the build's result counts.
        if not text.startswith("Missing scale"):
            self._channel.event("log", level=level, text=text)

    def holding(self, *words: str) -> list[str]:
        return [text for _, text in self.lines if any(word in text.lower() for word in words)]

    def errors(self) -> list[str]:
        return [text for level, text in self.lines if level == "error"]


def install(keeper: LogKeeper) -> None:
    """Makes our logger the one that Polygraphy hands to every builder, parser and runtime. Call before the first of them."""
    import tensorrt as trt
    from polygraphy.backend.trt import util as trt_util
    from polygraphy.logger import G_LOGGER

    levels = {
        trt.Logger.INTERNAL_ERROR: "error",
        trt.Logger.ERROR: "error",
        trt.Logger.WARNING: "warning",
    }

    class GateLogger(trt.ILogger):  # type: ignore[misc]
        def __init__(self) -> None:
            # Every class derived from a TensorRT interface must call its base, or the process crashes.
            trt.ILogger.__init__(self)

        def log(self, severity: Any, msg: str) -> None:
            level = levels.get(severity)
            if level is not None:
                keeper.add(level, msg)

    trt_util.TRT_LOGGER = GateLogger()
    G_LOGGER.module_severity = G_LOGGER.WARNING

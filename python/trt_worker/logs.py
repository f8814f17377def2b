"""Turns TensorRT's log into events and keeps the lines of the request under way. Decides nothing by them."""

from __future__ import annotations

from collections import deque
from typing import Any

from .protocol import Channel

LINE_CHARACTERS = 2000
MISSING_SCALE = "Missing scale and zero-point for tensor "


class Ends:
    """The first and the last of many lines: a build may log thousands, its cause comes first and its end last."""

    def __init__(self, each: int) -> None:
        self._first: list[tuple[str, str]] = []
        self._last: deque[tuple[str, str]] = deque(maxlen=each)
        self._each = each

    def add(self, line: tuple[str, str]) -> None:
        if len(self._first) < self._each:
            self._first.append(line)
        else:
            self._last.append(line)

    def all(self) -> list[tuple[str, str]]:
        return self._first + list(self._last)


class LogKeeper:
    """The lines of the current request, newest last, as (level, text). Errors and what counts are kept apart from warnings without end."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self.start()

    def start(self) -> None:
        self._others, self._errors, self._skipped = Ends(200), Ends(50), Ends(20)
        # Names of tensors: hundreds of such lines are one fact, which the build's result counts.
        self.missing_scales: list[str] = []

    def add(self, level: str, text: str) -> None:
        text = str(text)[:LINE_CHARACTERS]
        if text.startswith(MISSING_SCALE):
            self.missing_scales.append(text[len(MISSING_SCALE) :].rsplit(", expect fall back", 1)[0])
            return
        kept = self._errors if level == "error" else self._skipped if "insufficient memory" in text.lower() else self._others
        kept.add((level, text))
        self._channel.event("log", level=level, text=text)

    def holding(self, *words: str) -> list[str]:
        lines = self._skipped.all() + self._errors.all() + self._others.all()
        return [text for _, text in lines if any(word in text.lower() for word in words)]

    def errors(self) -> list[str]:
        return [text for _, text in self._errors.all()]

    def warnings(self) -> list[str]:
        return [text for level, text in self._others.all() if level == "warning"]


def install(keeper: LogKeeper) -> Any:
    """Makes our logger, which it gives, the one that Polygraphy hands to every builder, parser and runtime. Call before the first."""
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

    logger = GateLogger()
    trt_util.TRT_LOGGER = logger
    G_LOGGER.module_severity = G_LOGGER.WARNING
    return logger

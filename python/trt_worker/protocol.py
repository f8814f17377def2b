"""
The worker's wire: one JSON object a line on a private copy of stdout, one on stdin for each request.
Whatever libraries print goes to stderr, so that it can never be taken for an answer.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any, Iterator


class Failure(Exception):
    """A failure with a kind that the gate maps to a reason; `detail` holds figures only."""

    def __init__(self, kind: str, message: str, **detail: Any) -> None:
        super().__init__(message)
        self.kind = kind
        self.detail = detail


class Channel:
    """Owns the real stdout. After construction file descriptor 1 is stderr."""

    def __init__(self) -> None:
        self._out = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="backslashreplace")
        os.dup2(2, 1)
        sys.stdout = sys.stderr

    def send(self, message: dict[str, Any]) -> None:
        # ASCII only: a lone surrogate or a line separator in a layer name must not break the line.
        self._out.write(json.dumps(message, ensure_ascii=True, allow_nan=False) + "\n")
        self._out.flush()

    def event(self, event: str, **fields: Any) -> None:
        self.send(dict(fields, event=event))

    def requests(self) -> Iterator[dict[str, Any]]:
        """Yields requests until stdin ends. A line that is no JSON object ends the worker: the other side is broken."""
        for line in sys.stdin:
            if line.strip():
                yield json.loads(line)

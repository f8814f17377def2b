"""
Runs a Polygraphy data loader script once and writes what it yields as `.npy` files.
Usage: loader.py SCRIPT FUNCTION FOLDER MAX_SAMPLES. Writes FOLDER/samples.json last: without it nothing was loaded.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any, Iterator


def samples_of(script: str, function: str) -> Iterator[Any]:
    """Imports the script by its path alone: neither its folder nor the working folder becomes a place to import from."""
    import importlib.util

    spec = importlib.util.spec_from_file_location("trt_gate_loader_script", script)
    if spec is None or spec.loader is None:
        raise SystemExit("{} cannot be imported".format(os.path.basename(script)))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    loader = getattr(module, function, None)
    if loader is None:
        raise SystemExit(
            "{} has no {!r}; Polygraphy's convention is a function of that name which yields {{input: array}}".format(
                os.path.basename(script), function
            )
        )
    return iter(loader() if callable(loader) else loader)


def save(sample: Any, number: int, folder: str) -> dict[str, str]:
    import numpy

    if not isinstance(sample, dict) or not sample:
        raise SystemExit("sample {} is a {}, not a dictionary of input names to arrays".format(number, type(sample).__name__))
    files = {}
    for k, (name, value) in enumerate(sample.items()):
        array = numpy.ascontiguousarray(value)
        if array.dtype.hasobject:
            raise SystemExit("sample {}: input {!r} holds objects, not numbers".format(number, name))
        files[str(name)] = "{}-{}.npy".format(number, k)
        numpy.save(os.path.join(folder, files[str(name)]), array, allow_pickle=False)
    return files


def main(script: str, function: str, folder: str, limit: int) -> None:
    import numpy  # noqa: F401  before the script: a module of this name beside it must not take its place

    written = []
    for number, sample in enumerate(samples_of(script, function)):
        if number >= limit:
            break
        written.append(save(sample, number, folder))
    with open(os.path.join(folder, "samples.json"), "w", encoding="utf-8") as file:
        json.dump(written, file)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))

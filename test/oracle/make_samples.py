"""Writes samples for the oracle's models from files of this repository: python make_samples.py KIND SOURCE TARGET.

crops: pictures as they are; stacked: two under each other (detection wants more rows); bytes: the beginnings of text files as numbers.
"""

import pathlib
import sys

import numpy as np

kind, source, target = sys.argv[1:]
if kind == "bytes":
    rows = []
    for path in sorted(pathlib.Path(source).iterdir()):
        data = path.read_bytes()
        for start in (0, 4096):
            part = data[start : start + 2048]
            if len(part) == 2048:
                rows.append(np.frombuffer(part, dtype=np.uint8).astype(np.int32))
    rows = np.stack(rows)
    np.savez(target + ".calibration.npz", bytes=rows[0::2])
    np.savez(target + ".validation.npz", bytes=rows[1::2])
else:
    pictures = np.load(source)["x"]
    if kind == "stacked":
        pictures = np.concatenate([pictures[0::2], pictures[1::2]], axis=2)
    half = len(pictures) // 2
    np.savez(target + ".calibration.npz", x=pictures[:half])
    np.savez(target + ".validation.npz", x=pictures[half : half + 8])

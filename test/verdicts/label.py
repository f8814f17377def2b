"""Labels of the labelled set, from the oracle of the simulate lane: figures over many fresh samples, none of which a validation draw holds.

Reads {"model", "data", "cases": {name: cache}} as JSON from stdin, writes {name: {output: {"sqnrDb", "cosine", "samples": SQNR at every twentieth of the samples, "top1",
"trimmed": sqnrDb and cosine without the worst hundredth of the samples}}} to stdout.
Plain numpy in float64 over ONNX Runtime with optimisation disabled; shares no code with the TypeScript side.
"""

import json
import pathlib
import sys

import numpy as np
import onnx

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "oracle"))
import simulate


def main():
    job = json.load(sys.stdin)
    feeds = simulate.samples(job["data"])
    reference = simulate.session(onnx.load(job["model"]))
    names = [one.name for one in reference.get_outputs()]
    expected = [reference.run(names, feed) for feed in feeds]
    result = {}
    for case, cache in job["cases"].items():
        model = simulate.prepare(onnx.load(job["model"]))
        simulate.fold_batch_norm(model.graph)
        simulate.fake_quantise(model, simulate.read_cache(cache))
        candidate = simulate.session(model)
        figures = [Figures() for _ in names]
        for feed, wanted in zip(feeds, expected):
            for figure, r, c in zip(figures, wanted, candidate.run(names, feed)):
                figure.add(r.astype(np.float64), c.astype(np.float64))
        result[case] = {name: figure.result() for name, figure in zip(names, figures)}
    json.dump(result, sys.stdout)


class Figures:
    def __init__(self):
        self.energies = []  # rr, cc, rc, ee of each sample
        self.by_sample = []
        self.same = self.decisions = 0

    def add(self, r, c):
        rr, cc, rc, ee = (r * r).sum(), (c * c).sum(), (r * c).sum(), ((r - c) ** 2).sum()
        self.energies.append((rr, cc, rc, ee))
        if rr > 0:
            self.by_sample.append(decibels(rr, ee))
        if r.shape[-1] > 1:
            same = r.argmax(-1) == c.argmax(-1)
            self.same, self.decisions = self.same + int(same.sum()), self.decisions + same.size

    def result(self):
        best = sorted(self.energies, key=lambda one: one[3])[: len(self.energies) - max(1, len(self.energies) // 100)]
        return {
            **pooled(self.energies),
            "trimmed": pooled(best),
            "samples": [round(float(value), 2) for value in np.quantile(self.by_sample or [0.0], np.linspace(0, 1, 21))],
            "top1": round(self.same / max(1, self.decisions), 4),
        }


def pooled(energies):
    rr, cc, rc, ee = (sum(one) for one in zip(*energies))
    return {"sqnrDb": round(decibels(rr, ee), 3), "cosine": round(cosine(rr, cc, rc), 6)}


def decibels(signal, noise):
    return float(10 * np.log10(signal / noise)) if noise > 0 else 999.0


def cosine(rr, cc, rc):
    return float(rc / np.sqrt(rr * cc)) if rr > 0 and cc > 0 else 0.0


main()

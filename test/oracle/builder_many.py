"""Asks NVIDIA's strongly typed builder about many models in one process: a builder is made once a model, its library loaded once.

Usage: builder_many.py JOBS RESULTS. JOBS is a list of {"model", "shapes": {input: [min, opt, max]}}; RESULTS gets a line of JSON for each, as it is answered:
a builder that dies leaves the answers before it. The questions are python/builder_check.py's own.
"""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "python"))
import builder_check  # noqa: E402


def main(jobs, results):
    trt = builder_check.load_builder()
    with open(results, "w", encoding="utf-8") as file:
        for job in json.loads(pathlib.Path(jobs).read_text(encoding="utf-8")):
            file.write(json.dumps(builder_check.answer(trt, job["model"], job["shapes"])) + "\n")
            file.flush()


main(*sys.argv[1:])

"""run_plans.py REFERENCE CANDIDATE FEEDS.npz: two plans by Polygraphy alone. Prints one line of JSON: SQNR of the first output in dB, layers in INT8, times.

Knows nothing of the gate: what the gate says of the plans that it hands over is held against this.
"""

import json
import sys
import time

import numpy
import tensorrt as trt
from polygraphy.backend.trt import TrtRunner, engine_from_bytes


def load(path):
    with open(path, "rb") as file:
        return engine_from_bytes(file.read())


def layers_of(engine):
    text = engine.create_engine_inspector().get_engine_information(trt.LayerInformationFormat.JSON)
    return [layer for layer in json.loads(text)["Layers"] if isinstance(layer, dict)]


def is_int8(layer):
    return any("int8" in str(tensor.get("Format/Datatype")).lower() for tensor in layer.get("Inputs", [])[:1])


def main(reference, candidate, feeds):
    arrays = dict(numpy.load(feeds))
    count = min(len(array) for array in arrays.values())
    with TrtRunner(load(reference)) as first, TrtRunner(load(candidate)) as second:
        signal = error = 0.0
        times = ([], [])
        for sample in range(count):
            feed = {name: numpy.ascontiguousarray(array[sample : sample + 1]) for name, array in arrays.items()}
            sides = []
            for runner, own in zip((first, second), times):
                start = time.perf_counter()
                outputs = runner.infer(feed)
                own.append((time.perf_counter() - start) * 1000)
                # infer() reuses its buffers.
                sides.append(numpy.array(next(iter(outputs.values())), numpy.float64))
            signal += float((sides[0] ** 2).sum())
            error += float(((sides[0] - sides[1]) ** 2).sum())
        layers = layers_of(second.engine)
    print(
        json.dumps(
            {
                "samples": count,
                "sqnrDb": 10 * float(numpy.log10(signal / error)) if error else None,
                "int8Layers": sum(map(is_int8, layers)),
                "layers": len(layers),
                "int8Convolutions": sum(is_int8(layer) and "onv" in str(layer.get("LayerType")) for layer in layers),
                "convolutions": sum("onv" in str(layer.get("LayerType")) for layer in layers),
                "referenceMs": float(numpy.median(times[0])),
                "candidateMs": float(numpy.median(times[1])),
            }
        )
    )


main(*sys.argv[1:4])

"""The TensorRT side of the gate: makes engines and tensors, judges nothing. Python 3.8 or newer; tensorrt, polygraphy, numpy."""

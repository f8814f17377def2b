#!/bin/sh
# Builds the reference and the INT8 engine of model.onnx into build/, with one timing cache for both.
set -eu
mkdir -p build
polygraphy convert model.onnx --fp16 --save-timing-cache build/timing.cache -o build/fp16.plan
polygraphy convert model.onnx --fp16 --int8 --calibration-cache model.cache --load-timing-cache build/timing.cache -o build/int8.plan

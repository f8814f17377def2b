#!/bin/sh
# Generates src/onnx/gen from the ONNX schema. The schema (Apache-2.0, the licence line is kept in it) is
# `onnx-ml.proto` of the `onnx` Python package 1.23.2; to renew it, install a newer `onnx` and copy that file over ours.
# JavaScript with declarations instead of TypeScript: the enums of the TypeScript form are not erasable.
set -eu
cd "$(dirname "$0")/.."
export PATH="$PWD/node_modules/.bin:$PATH"
rm -rf src/onnx/gen
buf generate src/onnx/proto --template '{"version":"v2","plugins":[{"local":"protoc-gen-es","out":"src/onnx/gen","opt":["target=js+dts"]}]}'

import { expect, it } from "vitest";
import { versionIn } from "../../../../src/lanes/tensorrt/trtexec-version.ts";

it.each([
  ["8.6.1", "&&&& RUNNING TensorRT.trtexec [TensorRT v8601] # trtexec --help"],
  ["8.5.3", "&&&& RUNNING TensorRT.trtexec [TensorRT v8503] # trtexec"],
  ["10.0.1", "&&&& RUNNING TensorRT.trtexec [TensorRT v100001] # trtexec"],
  ["10.15.1", "&&&& RUNNING TensorRT.trtexec [TensorRT v101501] [b29] # trtexec --help"],
  [undefined, "usage: trtexec [options]"],
])("the banner of a trtexec of TensorRT %s is read", (version, text) => expect(versionIn(text)).toBe(version));

/** Constant Python of `fix_precision.py`. Python 3.8, `tensorrt` only, imported inside so that the file can be looked at without it. */
export const polygraphyCode = String.raw`
import base64
import hashlib
import json
import os
import sys


def load_data():
    text = DATA.strip()
    return json.loads(text if text.startswith("{") else base64.b64decode(text).decode("ascii"))


def names_of(layer):
    """Network layer name, the ONNX nodes it came from (TensorRT 8.6 and newer), each once."""
    pieces = (getattr(layer, "metadata", "") or "").split("\x1e")
    mark = "[ONNX Layer: "
    origin = [piece[len(mark):-1] for piece in pieces if piece.startswith(mark) and piece.endswith("]")]
    return set([layer.name] + origin)


def outputs_of(layer):
    return [layer.get_output(index) for index in range(layer.num_outputs)]


def why_skipped(trt, layer):
    """Why a layer must keep its type, or None. Constants, shapes, indices and Q/DQ are never changed."""
    kinds = ("CONSTANT", "SHAPE", "QUANTIZE", "DEQUANTIZE")
    if layer.type in [getattr(trt.LayerType, kind) for kind in kinds if hasattr(trt.LayerType, kind)]:
        return "a constant, shape or Q/DQ layer"
    first = layer.get_input(0) if layer.num_inputs else None
    tensors = [tensor for tensor in outputs_of(layer) + [first] if tensor is not None]
    if any(tensor.is_shape_tensor for tensor in tensors):
        return "computes a shape"
    if not any(is_float(trt, tensor) for tensor in outputs_of(layer)):
        return "has no float output"
    return None


def is_float(trt, tensor):
    if tensor is None or not getattr(tensor, "is_execution_tensor", True):
        return False
    return tensor.dtype in (trt.float32, trt.float16, trt.int8)


def match(network, data):
    """Layers to change, and the names that no layer has."""
    names, outputs = set(data["names"]), set(data["outputs"])
    layers, found = [], set()
    for index in range(network.num_layers):
        layer = network.get_layer(index)
        made = set(tensor.name for tensor in outputs_of(layer) if tensor is not None)
        hit = (names & names_of(layer)) | set("(output %s)" % name for name in outputs & made)
        if hit:
            layers.append(layer)
            found |= hit
    wanted = data["names"] + ["(output %s)" % name for name in data["outputs"]]
    return layers, [name for name in wanted if name not in found]


def pin_others(trt, network, data, kept):
    """Every other unit that has scales stays in INT8: a builder that may choose would move them where it likes. Q/DQ say so themselves."""
    names = set(data.get("int8", []))
    layers = [network.get_layer(index) for index in range(network.num_layers)]
    quantize = getattr(trt.LayerType, "QUANTIZE", None)
    if quantize is not None and quantize in [layer.type for layer in layers]:
        return
    raised = set(layer.name for layer in kept)
    for layer in layers:
        made = set("(output %s)" % tensor.name for tensor in outputs_of(layer) if tensor is not None)
        if layer.name in raised or not names & (names_of(layer) | made) or why_skipped(trt, layer):
            continue
        layer.precision = trt.int8


def refuse_other_network(trt, network, missing):
    if missing:
        shown = ", ".join(ascii(name) for name in missing[:50])
        raise ValueError("%d layer name(s) are not in this network: %s. Make the fix again for this model." % (len(missing), shown))
    typed = getattr(trt.NetworkDefinitionCreationFlag, "STRONGLY_TYPED", None)
    if typed is not None and hasattr(network, "get_flag") and network.get_flag(typed):
        raise ValueError("a strongly typed network has its precisions in the graph. Use the fix of format qdq.")


def check_model(path, data):
    with open(path, "rb") as file:
        sha256 = hashlib.sha256(file.read()).hexdigest()
    if data["sha256"] and sha256 != data["sha256"]:
        raise ValueError("the model has SHA-256 %s, this fix is for %s. Make the fix again for this model." % (sha256, data["sha256"]))


def postprocess(network):
    """Called by polygraphy with the parsed network. TRT_GATE_MODEL may name the ONNX file, whose hash is then checked."""
    import tensorrt as trt

    data = load_data()
    if os.environ.get("TRT_GATE_MODEL"):
        check_model(os.environ["TRT_GATE_MODEL"], data)
    layers, missing = match(network, data)
    refuse_other_network(trt, network, missing)
    precision = trt.float16 if data["precision"] == "float16" else trt.float32
    changed = 0
    for layer in layers:
        skipped = why_skipped(trt, layer)
        if skipped:
            print("trt-gate fix: left %s as it is: %s" % (ascii(layer.name), skipped), file=sys.stderr)
            continue
        layer.precision = precision
        for index, tensor in enumerate(outputs_of(layer)):
            if is_float(trt, tensor):
                layer.set_output_type(index, precision)
        changed += 1
    pin_others(trt, network, data, layers)
    if changed == 0:
        raise ValueError("none of the %d matching layers can change its precision. Make the fix again for this model." % len(layers))
    print("trt-gate fix: %d layers set to %s" % (changed, data["precision"]), file=sys.stderr)


def main(arguments):
    data = load_data()
    if len(arguments) > 1:
        print("usage: fix_precision.py [MODEL.onnx]", file=sys.stderr)
        return 2
    if arguments:
        try:
            check_model(arguments[0], data)
        except (OSError, ValueError) as error:
            print(error, file=sys.stderr)
            return 1
    print(json.dumps(data, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
`;

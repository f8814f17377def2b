/** Constant Python of `fix_qdq.py`. Python 3.8 and `onnx`, imported inside. */
export const qdqCode = `
import base64
import hashlib
import json
import sys


def load_data():
    text = DATA.strip()
    return json.loads(text if text.startswith("{") else base64.b64decode(text).decode("ascii"))


def refuse_other_model(path, data):
    with open(path, "rb") as file:
        sha256 = hashlib.sha256(file.read()).hexdigest()
    if data["sha256"] and sha256 != data["sha256"]:
        raise ValueError("the model has SHA-256 %s, this fix is for %s. Make the fix again for this model." % (sha256, data["sha256"]))


def find_nodes(graph, wanted):
    """Nodes by name, or by output where the name is written as (output TENSOR)."""
    by_name = {node.name: node for node in graph.node if node.name}
    by_output = {"(output %s)" % output: node for node in graph.node for output in node.output}
    missing = [name for name in wanted if name not in by_name and name not in by_output]
    if missing:
        shown = ", ".join(ascii(name) for name in missing[:50])
        raise ValueError("%d node name(s) are not in this model: %s. Make the fix again for this model." % (len(missing), shown))
    return [by_name[name] if name in by_name else by_output[name] for name in wanted]


def float_weights(node, index, float_graph):
    """The same weights in the float model, where the node has the same name or output there; None elsewhere."""
    if float_graph is None:
        return None
    for other in float_graph.node:
        same = (node.name and other.name == node.name) or set(node.output) & set(other.output)
        if same and other.op_type == node.op_type and index < len(other.input):
            return constants_of(float_graph).get(other.input[index])
    return None


def use_float_weights(node, index, constants, graph, float_graph):
    """Name of the float model's weights, taken over into this one; None where it has none of the same shape."""
    weights = float_weights(node, index, float_graph)
    integers = constants[node_source(node.input[index], graph)]
    if weights is None or list(weights.dims) != list(integers.dims):
        return None
    name = weights.name if weights.name not in constants else weights.name + "_float"
    if name not in constants:
        constants[name] = type(weights)()
        constants[name].CopyFrom(weights)
        constants[name].name = name
        graph.initializer.append(constants[name])
    return name


def node_source(name, graph):
    return next(node.input[0] for node in graph.node if name in node.output)


def float_source(name, makers, constants, graph):
    """The float tensor in front of a Q/DQ pair, or dequantised weights; None where there is no Q/DQ."""
    dequantize = makers.get(name)
    if dequantize is None or dequantize.op_type != "DequantizeLinear":
        return None
    quantize = makers.get(dequantize.input[0])
    if quantize is not None and quantize.op_type == "QuantizeLinear":
        return quantize.input[0]
    if dequantize.input[0] in constants:
        return dequantized_weights(dequantize, constants, graph)
    return None


def dequantized_weights(dequantize, constants, graph):
    import numpy
    from onnx import numpy_helper

    name = dequantize.output[0] + "_float"
    if name in constants:
        return name
    values = numpy_helper.to_array(constants[dequantize.input[0]])
    scale = numpy_helper.to_array(constants[dequantize.input[1]])
    has_zero = len(dequantize.input) > 2 and dequantize.input[2] in constants
    zero = numpy_helper.to_array(constants[dequantize.input[2]]) if has_zero else numpy.zeros_like(scale, dtype=values.dtype)
    axis = next((attribute.i for attribute in dequantize.attribute if attribute.name == "axis"), 1)
    if scale.size > 1:
        shape = [1] * values.ndim
        shape[axis] = scale.size
        scale, zero = scale.reshape(shape), zero.reshape(shape)
    floats = (values.astype(numpy.float32) - zero.astype(numpy.float32)) * scale.astype(numpy.float32)
    constants[name] = numpy_helper.from_array(floats.astype(numpy.float32), name)
    graph.initializer.append(constants[name])
    return name


def drop_unused(graph):
    """Q and DQ nodes that nothing reads any more, with the constants that they alone read."""
    read = set()
    while True:
        used = set(name for node in graph.node for name in node.input) | set(value.name for value in graph.output)
        unused = [node for node in graph.node if node.op_type in ("QuantizeLinear", "DequantizeLinear") and not used & set(node.output)]
        if not unused:
            break
        for node in unused:
            read |= set(node.input)
            graph.node.remove(node)
    for tensor in [tensor for tensor in graph.initializer if tensor.name in read - used]:
        graph.initializer.remove(tensor)


def constants_of(graph):
    found = {tensor.name: tensor for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant":
            found.update((node.output[0], attribute.t) for attribute in node.attribute if attribute.name == "value")
    return found


LOWEST = {2: 0, 3: -128, 4: 0, 5: -32768}
NEVER_NEGATIVE = ("Relu", "Sigmoid", "HardSigmoid", "Softmax", "Softplus", "Abs", "Exp", "Sqrt", "Clip")


def refuse_left_out_activation(quantize, makers, constants, graph, float_graph):
    """An exporter leaves out a Relu or Clip that the quantised range replaces: without the Q/DQ it would be missing."""
    from onnx import numpy_helper

    source = quantize.input[0]
    maker = makers.get(source)
    readers = [node.op_type for node in graph.node if source in node.input]
    if maker is None or any(kind != "QuantizeLinear" for kind in readers):
        return
    original = [node for node in float_graph.node if source in node.output] if float_graph is not None else []
    if original:
        left_out = original[0].op_type in ("Relu", "Clip") and original[0].op_type != maker.op_type
    else:
        zero = constants.get(quantize.input[2]) if len(quantize.input) > 2 else None
        lowest = 0 if zero is None else LOWEST.get(zero.data_type)
        values = [0] if zero is None else numpy_helper.to_array(zero).ravel().tolist()
        left_out = values == [lowest] and maker.op_type not in NEVER_NEGATIVE
    if left_out:
        raise ValueError("behind %s the exporter left out a Relu or Clip. Use fixed.qdq.onnx, which has it again." % ascii(maker.name or source))


def refuse_half_cut(node, makers):
    """What is still quantised in front of a kept node would make another model than the one that was proved."""
    for name in node.input:
        maker = makers.get(name)
        while maker is not None and maker.op_type in ("Cast", "Identity"):
            maker = makers.get(maker.input[0])
        if maker is not None and maker.op_type == "DequantizeLinear" and maker.input[0] in makers:
            raise ValueError("the Q/DQ in front of %s are not a plain pair. Use fixed.qdq.onnx." % ascii(node.name or node.output[0]))


def keep_output(node, source):
    """A kept output of the graph reads its float source."""
    del node.attribute[:]
    del node.input[:]
    node.op_type, node.domain = "Identity", ""
    node.input.append(source)


def edit(graph, data, float_graph):
    makers = {output: node for node in graph.node for output in node.output}
    constants = constants_of(graph)
    cut = 0
    for node in find_nodes(graph, data["computeNodes"]):
        if node.op_type == "DequantizeLinear":
            quantize = makers[node.input[0]]
            refuse_left_out_activation(quantize, makers, constants, graph, float_graph)
            keep_output(node, quantize.input[0])
            cut += 1
            continue
        for index, name in enumerate(node.input):
            dequantize = makers.get(name)
            integers = dequantize is not None and dequantize.op_type == "DequantizeLinear" and dequantize.input[0] in constants
            source = use_float_weights(node, index, constants, graph, float_graph) if integers else None
            source = source or float_source(name, makers, constants, graph)
            if source is not None and not integers:
                refuse_left_out_activation(makers[dequantize.input[0]], makers, constants, graph, float_graph)
            if source is not None:
                node.input[index] = source
                cut += 1
        refuse_half_cut(node, makers)
    if cut == 0:
        raise ValueError("no Q/DQ stands in front of the %d nodes. Use the Q/DQ model." % len(data["computeNodes"]))
    drop_unused(graph)
    return cut


def main(arguments):
    if len(arguments) not in (2, 3):
        print("usage: fix_qdq.py MODEL.qdq.onnx FIXED.qdq.onnx [FLOAT.onnx]", file=sys.stderr)
        return 2
    import onnx

    try:
        data = load_data()
        refuse_other_model(arguments[0], data)
        model = onnx.load(arguments[0])
        cut = edit(model.graph, data, onnx.load(arguments[2]).graph if len(arguments) == 3 else None)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    onnx.save(model, arguments[1])
    print("removed the Q/DQ of %d inputs of %d nodes" % (cut, len(data["computeNodes"])))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
`;

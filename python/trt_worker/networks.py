"""Network definitions: parsed once, described layer by layer, and set to one choice of precisions and marks for one build."""

from __future__ import annotations

from typing import Any, Dict, List

from .protocol import Failure


class Network:
    """A parsed network with its builder and parser, which must stay alive with it."""

    def __init__(self, builder: Any, network: Any, parser: Any, profile: Any, typed: bool) -> None:
        self.builder, self.network, self.parser = builder, network, parser
        self.profile = profile
        self.typed = typed
        self.raised: list[tuple[int, list[int]]] = []
        self.outputs = [network.get_output(i) for i in range(network.num_outputs)]

    def tensors(self) -> dict[str, Any]:
        """Name -> tensor object, for all outputs of layers. Objects, since names may hold wildcards."""
        found = {}
        for layer in self.network:
            for i in range(layer.num_outputs):
                tensor = layer.get_output(i)
                if tensor is not None:
                    found[tensor.name] = tensor
        return found


Ranges = Dict[str, Dict[str, List[int]]]


def load(
    model: str, shapes: Ranges, typed: bool, plugins: list[str], values: Ranges | None = None, version_compatible: bool = False
) -> Network:
    """`shapes`: input name -> {min, opt, max}. `typed`: ask for a strongly typed network. `values`: the same for inputs that TensorRT takes
    as shapes: it wants to know what they hold. An engine for other versions holds no plugin, InstanceNormalization is one unless asked."""
    from polygraphy.backend.trt import Profile, load_plugins, network_from_onnx_path

    for plugin in plugins:
        try:
            load_plugins(plugins=[plugin])
        except OSError as error:
            raise Failure("plugin-failed", "the plugin library {} does not load: {}".format(plugin, error)) from error
    import tensorrt as trt

    native = getattr(getattr(trt, "OnnxParserFlag", None), "NATIVE_INSTANCENORM", None)
    flags = [native] if version_compatible and native is not None else None
    builder, network, parser = network_from_onnx_path(model, strongly_typed=typed, flags=flags)
    profile = Profile()
    inputs = [network.get_input(i) for i in range(network.num_inputs)]
    shape_inputs = {tensor.name for tensor in inputs if tensor.is_shape_tensor}
    for name, shape in shapes.items():
        if name in shape_inputs and name in (values or {}):
            shape = (values or {})[name]
        profile.add(name, min=tuple(shape["min"]), opt=tuple(shape["opt"]), max=tuple(shape["max"]))
    return Network(builder, network, parser, profile, typed)


def describe(loaded: Network) -> dict[str, Any]:
    """Inputs, outputs and layers as plain data: what the gate needs to choose layers, without choosing."""
    network = loaded.network
    return {
        "inputs": [_tensor(network.get_input(i)) for i in range(network.num_inputs)],
        "outputs": [_tensor(network.get_output(i)) for i in range(network.num_outputs)],
        "layers": [_layer(index, layer) for index, layer in enumerate(network)],
    }


def _layer(index: int, layer: Any) -> dict[str, Any]:
    first = layer.get_input(0) if layer.num_inputs > 0 else None
    return {
        "index": index,
        "name": layer.name,
        "type": _word(layer.type),
        "metadata": getattr(layer, "metadata", "") or "",
        "firstInputIsShape": bool(first is not None and first.is_shape_tensor),
        "outputs": [_tensor(layer.get_output(i)) for i in range(layer.num_outputs)],
    }


def _tensor(tensor: Any) -> dict[str, Any] | None:
    if tensor is None:
        return None
    shape = tensor.shape
    return {
        "name": tensor.name,
        "dtype": _word(tensor.dtype),
        # A shape that TensorRT cannot know yet has no length.
        "shape": [int(dim) for dim in shape] if len(shape) >= 0 else None,
        "isExecution": bool(getattr(tensor, "is_execution_tensor", True)),
        "isShape": bool(tensor.is_shape_tensor),
    }


def state(loaded: Network) -> dict[str, Any]:
    """What a build left on the network: names of its outputs, and every layer whose precision or output types are set."""
    network = loaded.network
    layers = [_set_on(index, layer) for index, layer in enumerate(network)]
    return {
        "outputs": [network.get_output(i).name for i in range(network.num_outputs)],
        "set": [layer for layer in layers if layer["precision"] is not None or layer["outputs"]],
    }


def _set_on(index: int, layer: Any) -> dict[str, Any]:
    is_set = getattr(layer, "output_type_is_set", None)
    return {
        "index": index,
        "precision": _word(layer.precision) if getattr(layer, "precision_is_set", False) else None,
        "outputs": [i for i in range(layer.num_outputs) if is_set is not None and is_set(i)],
    }


def _word(value: Any) -> str:
    """`DataType.FLOAT` -> `FLOAT`, for every version's way of writing enumerations."""
    return getattr(value, "name", None) or str(value).rsplit(".", 1)[-1]


def set_precisions(loaded: Network, keep: dict[str, Any] | None) -> None:
    """`keep`: {precision: float16|float32, layers: [[index, [output, ...]], ...]}. Undoes what an earlier build set, and only that:
    the parser itself types int8 constants and Q/DQ, and a Q/DQ network without those types does not build (seen with TensorRT 8.6)."""
    import tensorrt as trt

    network = loaded.network
    if loaded.typed or not hasattr(trt.ILayer, "reset_precision"):
        if keep and keep["layers"]:
            raise Failure("unsupported", "this network is strongly typed: precisions are changed in the ONNX model, not on layers")
        return
    for index, outputs in loaded.raised:
        layer = network.get_layer(index)
        layer.reset_precision()
        for i in outputs:
            layer.reset_output_type(i)
    loaded.raised = []
    if not keep:
        return
    wanted = {"float16": trt.float16, "float32": trt.float32}[keep["precision"]]
    for index, outputs in keep["layers"]:
        layer = network.get_layer(index)
        layer.precision = wanted
        for i in outputs:
            layer.set_output_type(i, wanted)
        loaded.raised.append((index, outputs))


class Marks:
    """Marks tensors as outputs for one build and takes just those marks back. The model's own outputs are never touched."""

    def __init__(self, loaded: Network, names: list[str]) -> None:
        self._network = loaded.network
        own = {tensor.name for tensor in loaded.outputs}
        tensors = loaded.tensors() if names else {}
        missing = [name for name in names if name not in tensors and name not in own]
        if missing:
            raise Failure("unknown-tensor", "the network has no tensor {!r}".format(missing[0]), count=len(missing))
        self._tensors = [tensors[name] for name in names if name not in own]

    def __enter__(self) -> Marks:
        for tensor in self._tensors:
            self._network.mark_output(tensor)
        return self

    def __exit__(self, *_: object) -> None:
        for tensor in self._tensors:
            self._network.unmark_output(tensor)

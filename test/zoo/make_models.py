"""Makes the models of the zoo that are committed: small networks through converters and quantisers as their users run them.

Usage, in an environment with requirements.txt beside this file: python make_models.py FOLDER [onnx|sklearn|onnxruntime ...]
Seeds are fixed; a newer version of a tool may write another file, so what is committed is what was made with the pinned versions.
"""

import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper, parser

OPSET = 17


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[2:] or list(MAKERS):
        MAKERS[name](folder)


def weights(random, name, shape):
    fan_in = int(np.prod(shape[1:])) or 1
    return numpy_helper.from_array((random.normal(size=shape) * (2 / fan_in) ** 0.5).astype(np.float32), name)


def small_cnn():
    """Three convolutions with a residual branch, a pool and a classifier."""
    random = np.random.default_rng(11)
    held = [weights(random, "w0", (8, 3, 3, 3)), weights(random, "w1", (8, 8, 3, 3)), weights(random, "w2", (16, 8, 3, 3)), weights(random, "w3", (16, 10))]
    held += [numpy_helper.from_array((random.normal(size=size) * 0.1).astype(np.float32), f"b{i}") for i, size in enumerate((8, 8, 16, 10))]
    nodes = [
        helper.make_node("Conv", ["x", "w0", "b0"], ["c0"], "conv0", pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c0"], ["r0"], "relu0"),
        helper.make_node("Conv", ["r0", "w1", "b1"], ["c1"], "conv1", pads=[1, 1, 1, 1]),
        helper.make_node("Add", ["r0", "c1"], ["a1"], "add1"),
        helper.make_node("Relu", ["a1"], ["r1"], "relu1"),
        helper.make_node("Conv", ["r1", "w2", "b2"], ["c2"], "conv2", pads=[1, 1, 1, 1], strides=[2, 2]),
        helper.make_node("Relu", ["c2"], ["r2"], "relu2"),
        helper.make_node("GlobalAveragePool", ["r2"], ["g"], "pool"),
        helper.make_node("Flatten", ["g"], ["f"], "flatten"),
        helper.make_node("Gemm", ["f", "w3", "b3"], ["logits"], "classifier"),
    ]
    shapes = ("x", ["batch", 3, 16, 16]), ("logits", ["batch", 10])
    (given, made) = (helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in shapes)
    graph = helper.make_graph(nodes, "small_cnn", [given], [made], held)
    return helper.make_model(graph, producer_name="onnx.helper", opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)


def with_onnx(folder):
    """Straight from the onnx package: plain, as functions, in a Scan, with external types."""
    onnx.save(small_cnn(), folder / "helper-cnn.onnx")
    random = np.random.default_rng(12)
    text = """<ir_version: 10, opset_import: ["" : 18, "block" : 1], producer_name: "onnx.parser">
        functions (float[batch,32] x) => (float[batch,8] y) { h = block.Dense <slope = 0.1> (x, w0, b0)
          y = block.Dense (h, w1, b1) }
        <domain: "block", opset_import: ["" : 18]>
        Dense <slope: float = 0.01> (x, w, b) => (y) { m = MatMul (x, w)
          s = Add (m, b)
          y = LeakyRelu <alpha: float = @slope> (s) }"""
    model = parser.parse_model(text)
    shapes = {"w0": (32, 24), "b0": (24,), "w1": (24, 8), "b1": (8,)}
    model.graph.initializer.extend(weights(random, name, shape) for name, shape in shapes.items())
    onnx.save(model, folder / "functions-mlp.onnx")
    text = """<ir_version: 8, opset_import: ["" : 17], producer_name: "onnx.parser">
        recurrent (float[6,1,16] x, float[1,16] start) => (float[1,16] last, float[6,1,16] y) {
          last, all = Scan <num_scan_inputs = 1, body = step (float[1,16] h, float[1,16] xt) => (float[1,16] next, float[1,16] out) {
            i = MatMul (xt, wi)
            r = MatMul (h, wr)
            s = Add (i, r)
            next = Tanh (s)
            out = Identity (next) }> (start, x)
          y = MatMul (all, wo) }"""
    model = parser.parse_model(text)
    model.graph.initializer.extend(weights(random, name, (16, 16)) for name in ("wi", "wr", "wo"))
    onnx.save(model, folder / "scan-rnn.onnx")


def with_sklearn(folder):
    from skl2onnx import to_onnx
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    random = np.random.default_rng(13)
    x = random.normal(size=(200, 20)).astype(np.float32)
    target = x[:, :3].sum(axis=1) + 0.1 * random.normal(size=200)
    regressor = MLPRegressor(hidden_layer_sizes=(32, 16), max_iter=300, random_state=1).fit(x, target)
    onnx.save(to_onnx(regressor, x[:1], target_opset=OPSET), folder / "sklearn-regressor.onnx")
    classifier = make_pipeline(StandardScaler(), MLPClassifier(hidden_layer_sizes=(24,), max_iter=300, random_state=1)).fit(x, target > 0)
    options = {id(classifier): {"zipmap": False}}
    onnx.save(to_onnx(classifier, x[:1], options=options, target_opset=OPSET), folder / "sklearn-classifier.onnx")


def with_tensorflow(folder):
    """Keras through tf2onnx, channels last as TensorFlow has them."""
    import tensorflow as tf
    import tf2onnx

    tf.keras.utils.set_random_seed(15)
    layers = tf.keras.layers
    image = tf.keras.Input((16, 16, 3), name="image")
    x = layers.Conv2D(8, 3, padding="same", use_bias=False)(image)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.ReLU()(layers.SeparableConv2D(12, 3, strides=2, padding="same")(x))
    network = tf.keras.Model(image, layers.Dense(5, activation="softmax", name="class")(layers.GlobalAveragePooling2D()(x)))
    sequence = tf.keras.Input((12, 16), name="tokens")
    attended = layers.MultiHeadAttention(2, 8)(sequence, sequence)
    attention = tf.keras.Model(sequence, layers.Dense(4, name="score")(layers.LayerNormalization()(attended + sequence)))
    for name, model in (("tf2onnx-cnn", network), ("tf2onnx-attention", attention)):
        spec = [tf.TensorSpec([None, *one.shape[1:]], tf.float32, name=one.name) for one in model.inputs]
        made, _ = tf2onnx.convert.from_function(tf.function(lambda given, model=model: model(given, training=False), input_signature=spec), spec, opset=OPSET)
        onnx.save(made, folder / f"{name}.onnx")


def with_onnxruntime(folder):
    """The quantiser of ONNX Runtime in its main forms, on one float network."""
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_dynamic, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Samples(CalibrationDataReader):
        def __init__(self):
            random = np.random.default_rng(14)
            self.feeds = iter([{"x": random.normal(size=(1, 3, 16, 16)).astype(np.float32)} for _ in range(32)])

        def get_next(self):
            return next(self.feeds, None)

    source, ready = folder / "helper-cnn.onnx", folder / "prepared.onnx"
    onnx.save(small_cnn(), source)
    quant_pre_process(str(source), str(ready), skip_symbolic_shape=True)
    forms = {
        "ort-qdq-u8s8": {},
        "ort-qdq-s8s8": {"activation_type": QuantType.QInt8, "weight_type": QuantType.QInt8, "extra_options": {"ActivationSymmetric": True}},
        "ort-qdq-per-channel": {"activation_type": QuantType.QInt8, "weight_type": QuantType.QInt8, "per_channel": True, "extra_options": {"ActivationSymmetric": True, "WeightSymmetric": True}},
        "ort-qdq-float-bias": {"activation_type": QuantType.QInt8, "weight_type": QuantType.QInt8, "extra_options": {"ActivationSymmetric": True, "QuantizeBias": False}},
        "ort-qdq-only-conv": {"activation_type": QuantType.QInt8, "weight_type": QuantType.QInt8, "op_types_to_quantize": ["Conv"], "extra_options": {"ActivationSymmetric": True}},
        "ort-qdq-int16": {"activation_type": QuantType.QInt16, "weight_type": QuantType.QInt8},
        "ort-qoperator": {"quant_format": QuantFormat.QOperator},
    }
    for name, options in forms.items():
        quantize_static(str(ready), str(folder / f"{name}.onnx"), Samples(), **{"quant_format": QuantFormat.QDQ, **options})
    quantize_dynamic(str(ready), str(folder / "ort-dynamic.onnx"))
    ready.unlink()


def residual_cnn():
    """Channels enough for ModelOpt to quantise: a branch, a residual Add, a pool, a squeeze by average and a classifier."""
    random = np.random.default_rng(16)
    shapes = {"w0": (24, 3, 3, 3), "w1": (24, 24, 3, 3), "w2": (32, 24, 1, 1), "w3": (32, 16)}
    held = [weights(random, name, shape) for name, shape in shapes.items()]
    held += [numpy_helper.from_array((random.normal(size=size) * 0.1).astype(np.float32), f"b{i}") for i, size in enumerate((24, 24, 32, 16))]
    nodes = [
        helper.make_node("Conv", ["x", "w0", "b0"], ["c0"], "stem", pads=[1, 1, 1, 1], kernel_shape=[3, 3]),
        helper.make_node("Relu", ["c0"], ["r0"], "stem_relu"),
        helper.make_node("MaxPool", ["r0"], ["p0"], "stem_pool", kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Conv", ["p0", "w1", "b1"], ["c1"], "branch", pads=[1, 1, 1, 1], kernel_shape=[3, 3]),
        helper.make_node("Add", ["c1", "p0"], ["a1"], "residual"),
        helper.make_node("Relu", ["a1"], ["r1"], "residual_relu"),
        helper.make_node("Conv", ["r1", "w2", "b2"], ["c2"], "widen", kernel_shape=[1, 1]),
        helper.make_node("Relu", ["c2"], ["r2"], "widen_relu"),
        helper.make_node("GlobalAveragePool", ["r2"], ["g"], "squeeze"),
        helper.make_node("Flatten", ["g"], ["f"], "flatten"),
        helper.make_node("Gemm", ["f", "w3", "b3"], ["logits"], "classifier"),
    ]
    return small_model("residual_cnn", nodes, held, {"x": ["batch", 3, 16, 16]}, {"logits": ["batch", 16]})


def small_mlp():
    """Products with weights whose depth is a multiple of a block of 32."""
    random = np.random.default_rng(17)
    held = [weights(random, "w0", (64, 32)), weights(random, "w1", (32, 32))]
    held += [numpy_helper.from_array((random.normal(size=32) * 0.1).astype(np.float32), f"b{i}") for i in range(2)]
    nodes = [
        helper.make_node("MatMul", ["x", "w0"], ["m0"], "first"),
        helper.make_node("Add", ["m0", "b0"], ["s0"], "first_bias"),
        helper.make_node("Relu", ["s0"], ["r0"], "first_relu"),
        helper.make_node("MatMul", ["r0", "w1"], ["m1"], "second"),
        helper.make_node("Add", ["m1", "b1"], ["y"], "second_bias"),
    ]
    return small_model("small_mlp", nodes, held, {"x": [4, 64]}, {"y": [4, 32]})


def small_model(name, nodes, held, given, made):
    values = [[helper.make_tensor_value_info(one, TensorProto.FLOAT, shape) for one, shape in some.items()] for some in (given, made)]
    graph = helper.make_graph(nodes, name, *values, held)
    return helper.make_model(graph, producer_name="onnx.helper", opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)


def with_modelopt(folder):
    """NVIDIA ModelOpt's post-training quantisation, with test/fixtures/modelopt-0.47/requirements.txt; its float models come from onnx alone."""
    from modelopt.onnx.quantization import quantize

    random = np.random.default_rng(18)
    models = {"helper-residual": (residual_cnn(), (64, 3, 16, 16)), "helper-mlp": (small_mlp(), (64, 64))}
    forms = {
        "modelopt-int8": ("helper-residual", "int8", {"high_precision_dtype": "fp32", "calibration_method": "entropy"}),
        "modelopt-int8-half": ("helper-residual", "int8", {"high_precision_dtype": "fp16", "calibration_method": "max"}),
        "modelopt-int8-dq-only": ("helper-residual", "int8", {"high_precision_dtype": "fp32", "calibration_method": "max", "dq_only": True}),
        "modelopt-fp8": ("helper-residual", "fp8", {"high_precision_dtype": "fp16"}),
        "modelopt-int4": ("helper-mlp", "int4", {"high_precision_dtype": "fp32", "calibration_method": "rtn_dq", "block_size": 32}),
    }
    for name, (model, _) in models.items():
        onnx.save(model, folder / f"{name}.onnx")
    for name, (source, mode, options) in forms.items():
        samples = {"x": random.uniform(-1, 1, size=models[source][1]).astype(np.float32)}
        path = str(folder / f"{source}.onnx")
        quantize(path, quantize_mode=mode, calibration_data=samples, calibration_eps=["cpu"], output_path=str(folder / f"{name}.onnx"), log_level="ERROR", **options)


MAKERS = {"onnx": with_onnx, "sklearn": with_sklearn, "tensorflow": with_tensorflow, "onnxruntime": with_onnxruntime, "modelopt": with_modelopt}

main()

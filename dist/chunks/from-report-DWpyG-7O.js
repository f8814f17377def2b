import{n as plural}from"./plural-CAP01f45.js";import{n as shellLine,r as shellWord,t as pathArgument}from"./shell-word-rLKvltNh.js";import{r as placementFlag}from"./placement-CJMi47xU.js";import{t as require_dist}from"./dist-B7aqY2Vd.js";import{i as makeKeep,r as keepPath,t as keepCommand}from"./keep-file-DXnzb80V.js";import{d as withoutCalibrator,l as trtexecSeparators}from"./build-options-BClcBv1B.js";var import_dist=require_dist();const fixFormats=[`polygraphy`,`trtexec`,`qdq`,`modelopt`,`keep`,`config`],engineFormats=[`polygraphy`,`trtexec`],modelOptModes={INT8:`int8`,FP8:`fp8`,INT4:`int4`},modelOptMode=({quantized:e=`INT8`})=>modelOptModes[e],comesAsQdq=({algorithm:e})=>e===`Q/DQ`,raisesByName=({precision:e,proved:t})=>e!==`float16`&&t?.typed===!1;function takesFormat(e,t){return t===`modelopt`?modelOptMode(e)!==void 0:engineFormats.includes(t)?e.refused===void 0?!comesAsQdq(e)||t===`polygraphy`&&raisesByName(e):!1:!0}const formatsFor=e=>fixFormats.filter(t=>takesFormat(e,t)),usualFormat=e=>comesAsQdq(e)?`qdq`:`polygraphy`,commitMessage=({kept:e,model:t,precision:n})=>`Keep ${plural(e.length,`unit`)} of ${t.name} in ${n}`,anchoredPattern=e=>`^${e.replace(/[\\^$.*+?()[\]{}|]/g,`\\$&`)}$`;function commentText(e,t=160){let n=e.replaceAll(`−`,`-`).replace(/[^\x20-\x7e]/g,escapeUnit);return n.length<=t?n:`${n.slice(0,t/2)}...${n.slice(-t/2)}`}const plainJson=/^[\w./:()[\]{}", \n-]*$/;function readableLines(e){let t=JSON.stringify(e,null,1);return plainJson.test(t)?t.split(`
`):void 0}function dataLines(e,t=96){let n=JSON.stringify(e).replace(/[^\x20-\x7e]/g,escapeUnit);return btoa(n).match(RegExp(`.{1,${t}}`,`g`))??[]}const canBeArgument=e=>e!==``&&!e.includes(`\0`)&&e.isWellFormed(),escapeUnit=e=>Array.from({length:e.length},(t,n)=>`\\u${e.charCodeAt(n).toString(16).padStart(4,`0`)}`).join(``);function headerLines(e,t,n){let{model:r,kept:i,totalUnits:a,precision:o}=e,s=i.slice(0,40).map(e=>`  ${commentText(e.unit)}`),c=i.length>40?[`  and ${i.length-40} more`]:[];return[`Made by trt-gate ${commentText(e.gateVersion)}.`,`Model: ${commentText(r.name)} (${commentText(r.path)})`,`SHA-256: ${commentText(r.sha256)}`,`Keeps ${i.length} of ${a} units in ${o}:`,...s,...c,`Why: ${commentText(e.why,600)}`,`Verified: ${commentText(proofWords(e,t),600)}`,`Use: ${commentText(n,2e3)}`,...e.buildWith?.note===void 0?[]:[`Note: ${commentText(e.buildWith.note,600)}`]].map(e=>`# ${e}`.trimEnd())}function proofWords({proved:e,verified:t},n){return e===void 0||e.format===n||n===`config`?t:`not built in this form. The same units were proved as ${e.format===`qdq`?`fixed.qdq.onnx`:`layer precisions`}: ${t}`}function makeConfigSnippet(e){let{name:t,path:n}=e.model,r=keepPath(e),i=`${keepCommand(e)} # then give the model's entry in .github/trt-gate.yml the line keep: ${commentText(r)}`,{name:a,path:o,...s}=e.entry??{},c={name:t,path:n,...s,keep:r},l=(0,import_dist.stringify)({version:1,models:[c]},{version:`1.2`,lineWidth:0,aliasDuplicateObjects:!1});return[{format:`config`,fileName:`trt-gate.fixed.yml`,content:[...headerLines(e,`config`,i),l].join(`
`),command:i,leftOut:[]}]}const fixedModel=`fixed.qdq.onnx`,builtPath=e=>comesAsQdq(e)?placeOf(e,fixedModel):pathArgument(e.model.path),placeOf=({place:e},t)=>pathArgument(e?.(t)??t);function nodesOf(e){let t=[...new Set(e.kept.flatMap(e=>e.nodes))],n=t.flatMap(e=>outputOf(e)??[]);return{names:t.filter(e=>outputOf(e)===void 0),outputs:n}}const int8NodesOf=({int8:e=[],proved:t})=>t?.format===`polygraphy`?[]:e.flatMap(({nodes:e})=>e.slice(0,1)),constraintOf=e=>int8NodesOf(e).length>0?`prefer`:`obey`,outputOf=e=>e.startsWith(`(output `)&&e.endsWith(`)`)?e.slice(8,-1):void 0,FILE$2=`fix_modelopt.sh`;function makeModelOpt(e){let{names:t,outputs:n}=nodesOf(e),r=[...t.filter(e=>!canBeArgument(e)).map(e=>({name:e,why:`it cannot be an argument of a program`})),...n.map(e=>({name:`(output ${e})`,why:`the node has no name, and ModelOpt excludes nodes by name only`}))],i=t.filter(canBeArgument).map(anchoredPattern),a=`sh ${shellWord(placeOf(e,FILE$2))} CALIBRATION.npz`,o=r.map(({name:e,why:t})=>`# Left out: ${commentText(e)}: ${commentText(t)}`),s=i.length===0?NOTHING:`${NEEDS_DATA}\nexec ${modelOptWords(e,i)}`,c=[`#!/bin/sh`,...headerLines(e,`modelopt`,a),...o,s,``].join(`
`);return[{format:`modelopt`,fileName:FILE$2,content:c,command:a,leftOut:r}]}const NOTHING=`echo 'no node name of this fix can be written for ModelOpt; use the qdq format' >&2
exit 1`,NEEDS_DATA=`if [ ! -f "$1" ]; then echo 'usage: fix_modelopt.sh CALIBRATION.npz' >&2; exit 2; fi`;function modelOptWords(e,t){let{model:n,precision:r,algorithm:i}=e,a=[`python3`,`-m`,`modelopt.onnx.quantization`,`--onnx_path`,pathArgument(n.path),`--quantize_mode`,modelOptMode(e)??`int8`],o=[`--calibration_method`,i===`entropy`?`entropy`:`max`],s=[`--high_precision_dtype`,r===`float16`?`fp16`:`fp32`,`--output_path`,`fixed.qdq.onnx`],quoted=e=>e.map(shellWord).join(` `);return`${quoted(a)} ${quoted(o)} --calibration_data_path "$1" ${quoted(s)} --nodes_to_exclude ${quoted(t)}`}const flags={fp16:[`--fp16`],int8:[`--int8`],"int8 and fp16":[`--int8`,`--fp16`]};function polygraphyBuild({model:e,types:t,cache:n,first:r=[],options:i=[],script:a,engine:o}){return shellLine([`polygraphy`,`convert`,e,...r,...t===`typed`?[`--strongly-typed`]:flags[t],...n===void 0?[]:[`--calibration-cache`,n],...i,...a===void 0?[]:[`--trt-network-postprocess-script`,a.path,`--precision-constraints`,a.constraints],`-o`,o])}function trtexecBuild({model:e,types:t,cache:n,options:r=[],layers:i,engine:a}){return shellLine([`trtexec`,`--onnx=${e}`,...t===`typed`?[`--stronglyTyped`]:flags[t],...n===void 0?[]:[`--calib=${n}`],...r,...i===void 0?[]:[`--layerPrecisions=${i.precisions.join(`,`)}`,`--layerOutputTypes=${i.outputTypes.join(`,`)}`,`--precisionConstraints=${i.constraints}`],`--saveEngine=${a}`])}const polygraphyCode=String.raw`
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
`;function pythonScript(e,t,n){let r=readableLines(t),i=r?[`DATA = """`,...r,`"""`]:[`DATA = (`,...dataLines(t).map(e=>`    "${e}"`),`)`];return[`#!/usr/bin/env python3`,`# Made by a tool: change the report, not this file.`,...e,...i,n.trim(),``].join(`
`)}const FILE$1=`fix_precision.py`;function makePolygraphy(e){let t=polygraphyCommand(e),n={precision:e.precision,sha256:comesAsQdq(e)?``:e.model.sha256,...nodesOf(e),int8:int8NodesOf(e)},r=pythonScript(headerLines(e,`polygraphy`,t),n,polygraphyCode);return[{format:`polygraphy`,fileName:FILE$1,content:r,command:t,leftOut:[]}]}const polygraphyCommand=e=>polygraphyBuild({model:builtPath(e),types:`int8 and fp16`,cache:e.cachePath,options:e.buildWith?.polygraphy??[],script:{path:placeOf(e,FILE$1),constraints:constraintOf(e)},engine:`fixed.engine`}),SCRIPT=`fix_qdq.py`,QUANTIZED=`quantized.qdq.onnx`;function makeQdq(e){let{model:t}=e,n=e.cachePath===void 0&&e.qdqPath===void 0,r=editCommands(e).map(shellLine).join(` && `),i={sha256:n?t.sha256:``,computeNodes:[...new Set(e.kept.flatMap(({nodes:e,followers:t=[]})=>[e[0]??``,...t]))],...nodesOf(e)},a=pythonScript(headerLines(e,`qdq`,r),i,`
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
`),o=[{format:`qdq`,fileName:SCRIPT,content:a,command:r,leftOut:[]}];return e.editedModel&&o.push({format:`qdq`,fileName:fixedModel,content:e.editedModel,command:e.refused===void 0?buildLine(e):``,leftOut:[]}),o}function buildLine(e){let t=placeOf(e,fixedModel),n=`fixed.engine`,{polygraphy:r=[],trtexec:i=[]}=e.buildWith??{};if(e.proved===void 0&&i!==null)return trtexecBuild({model:t,types:`typed`,options:i,engine:n});let a=withoutCalibrator(r);return e.proved?.typed===!1?polygraphyBuild({model:t,types:`int8 and fp16`,options:a,script:raisesByName(e)?{path:placeOf(e,`fix_precision.py`),constraints:`obey`}:void 0,engine:n}):polygraphyBuild({model:t,types:`typed`,options:a,engine:n})}function editCommands(e){let{cachePath:t,qdqPath:n,model:r,buildWith:i}=e,a=pathArgument(r.path),o=[`python3`,placeOf(e,SCRIPT)];if(t===void 0)return n===void 0?[[...o,a,fixedModel]]:[[...o,pathArgument(n),fixedModel,a]];let s=placementFlag(e.placement?.scheme??`core`),c=(i?.shapes??[]).flatMap(e=>[`--shapes`,e]);return[[`trt-gate`,`cache`,`to-qdq`,pathArgument(t),a,`--float-weights`,...s,...c,`-o`,QUANTIZED],[...o,QUANTIZED,fixedModel]]}const FILE=`fix_trtexec.sh`;function makeTrtexec(e){let{names:t,outputs:n}=nodesOf(e),r=e.buildWith?.trtexec===null,i=[...t.flatMap(e=>{let t=r?foreign:whyNotWritten(e);return t===void 0?[]:[{name:e,why:t}]}),...n.map(e=>({name:`(output ${e})`,why:`the node has no name, and trtexec knows layers by name only`}))],a=r?[]:t.filter(e=>whyNotWritten(e)===void 0),o=`sh ${shellWord(placeOf(e,FILE))}`,s=i.map(({name:e,why:t})=>`# Left out: ${commentText(e)}: ${commentText(t)}`),c=r?foreign:`no layer name of this fix can be written for trtexec`,l=a.length===0?nothing(c):`exec ${trtexecCommand(e,a)} "$@"`,u=[`#!/bin/sh`,...headerLines(e,`trtexec`,o),...s,l,``].join(`
`);return[{format:`trtexec`,fileName:FILE,content:u,command:o,leftOut:i}]}const foreign=`trtexec reads caches of entropy calibration only and no input name with a comma, and this model has one or the other`,nothing=e=>`echo '${e}; use the polygraphy format' >&2\nexit 1`;function trtexecCommand(e,t){let n=e.precision===`float16`?`fp16`:`fp32`,r=t.map(e=>`${e}:${n}`),i=int8NodesOf(e).filter(e=>whyNotWritten(e)===void 0);return trtexecBuild({model:builtPath(e),types:`int8 and fp16`,cache:e.cachePath,options:e.buildWith?.trtexec??[],layers:{precisions:[...r,...i.map(e=>`${e}:int8`)],outputTypes:r,constraints:constraintOf(e)},engine:`fixed.engine`})}function whyNotWritten(e){if(!canBeArgument(e))return`it cannot be an argument of a program`;let t=[...trtexecSeparators,`*`].find(t=>e.includes(t));return t===void 0?void 0:`trtexec cannot read a name with ${t}`}const makers={polygraphy:makePolygraphy,trtexec:makeTrtexec,qdq:makeQdq,modelopt:makeModelOpt,keep:makeKeep,config:makeConfigSnippet},makeArtifacts=(e,t)=>t.kept.length===0?[]:makers[e](t);function provedForm({fix:e}){let t=e?.verified?.form,n=fixFormats.find(e=>e===t?.format);return t&&n&&{format:n,typed:t.typed}}function int8UnitsOf({search:e,coverage:t,quantization:n}){if(e===null||n.algorithm===`Q/DQ`)return[];let r=new Set(e.keep.map(({unit:e})=>e)),i=new Set(t.missingScales);return e.unitTable.filter(({unit:e,inputs:t=[]})=>!r.has(e)&&!t.some(e=>i.has(e)))}function withoutProof({message:e,proof:t}){let n=t?.message??``;return n!==``&&e.endsWith(n)?e.slice(0,-n.length).trimEnd():e}const refusedIn=({quantization:e,caveats:t=[]})=>e.algorithm===`Q/DQ`?t.find(({reason:e})=>e===`not-for-tensorrt`)?.message:void 0;function fixFromReport(e,t,n=``){let{search:r,quantization:i}=e;if(!r||r.keep.length===0)return;let a=e.fix?.files.find(({format:e})=>e===`cache`),o=a?`${n}${a.path}`:e.buildWith?.cache??(i.cacheHeader===null?void 0:i.source),s=i.algorithm===`Q/DQ`&&i.source.endsWith(`.onnx`)?i.source:void 0;return{gateVersion:`${t.version} (${t.commit})`,model:{name:e.name,path:e.path,sha256:e.sha256},kept:[...e.kept?.units??[],...r.keep],int8:int8UnitsOf(e),totalUnits:r.units+(e.kept?.units.length??0),precision:r.precision,proved:provedForm(e),why:withoutProof(r),verified:e.fix?.verified?.message??`not verified`,cachePath:o,placement:i.placement,qdqPath:s,refused:refusedIn(e),algorithm:i.algorithm,quantized:i.precision,entry:e.entry,report:`${n}report.json`,buildWith:e.buildWith}}export{polygraphyBuild as a,placeOf as c,fixFormats as d,formatsFor as f,usualFormat as h,makeArtifacts as i,comesAsQdq as l,takesFormat as m,refusedIn as n,trtexecBuild as o,raisesByName as p,withoutProof as r,fixedModel as s,fixFromReport as t,commitMessage as u};
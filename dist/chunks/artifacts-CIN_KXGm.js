const fixFormats=[`polygraphy`,`trtexec`,`qdq`,`modelopt`,`config`],shellWord=text=>/^[A-Za-z0-9_./=:,@%+-]+$/.test(text)?text:`'${text.replaceAll(`'`,`'\\''`)}'`,pathArgument=path=>path.startsWith(`-`)?`./${path}`:path,anchoredPattern=name=>`^${name.replace(/[\\^$.*+?()[\]{}|]/g,`\\$&`)}$`,yamlText=text=>JSON.stringify(text.toWellFormed()).replace(/[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,escapeUnit);function commentText(text,limit=160){let safe=text.replace(/[^\x20-\x7e]/g,escapeUnit);return safe.length<=limit?safe:`${safe.slice(0,limit/2)}...${safe.slice(-limit/2)}`}function dataLines(value,width=96){let ascii=JSON.stringify(value).replace(/[^\x20-\x7e]/g,escapeUnit);return btoa(ascii).match(RegExp(`.{1,${width}}`,`g`))??[]}const canBeArgument=text=>text!==``&&!text.includes(`\0`)&&text.isWellFormed(),escapeUnit=char=>Array.from({length:char.length},(_,i)=>`\\u${char.charCodeAt(i).toString(16).padStart(4,`0`)}`).join(``);function headerLines(fix,command){let{model,kept,totalUnits,precision}=fix,listed=kept.slice(0,40).map(unit=>`  ${commentText(unit.unit)}`),more=kept.length>40?[`  and ${kept.length-40} more`]:[];return[`Made by trt-gate ${commentText(fix.gateVersion)}.`,`Model: ${commentText(model.name)} (${commentText(model.path)})`,`SHA-256: ${commentText(model.sha256)}`,`Keeps ${kept.length} of ${totalUnits} units in ${precision}:`,...listed,...more,`Why: ${commentText(fix.why,600)}`,`Verified: ${commentText(fix.verified,600)}`,`Use: ${commentText(command,2e3)}`,...fix.buildWith?.note===void 0?[]:[`Note: ${commentText(fix.buildWith.note,600)}`]].map(line=>`# ${line}`.trimEnd())}function makeConfigSnippet(fix){let{name,path}=fix.model,fixed=`${path.replace(/(\.qdq)?\.onnx$/,``)}.fixed.qdq.onnx`,command=`trt-gate fix REPORT --format qdq -o FIXED.qdq.onnx, then replace the model's entry in .github/trt-gate.yml by the one below`,lines=[`version: 1`,`models:`,`  - name: ${yamlText(name)}`,`    path: ${yamlText(path)}`,`    quantization:`,`      qdq: ${yamlText(fixed)}`];return[{format:`config`,fileName:`trt-gate.fixed.yml`,content:[...headerLines(fix,command),...lines,``].join(`
`),command,leftOut:[]}]}const builtPath=({qdqPath,model})=>qdqPath??model.path;function nodesOf(fix){let all=[...new Set(fix.kept.flatMap(unit=>unit.nodes))],outputs=all.flatMap(node=>outputOf(node)??[]);return{names:all.filter(node=>outputOf(node)===void 0),outputs}}const outputOf=node=>node.startsWith(`(output `)&&node.endsWith(`)`)?node.slice(8,-1):void 0,FILE$2=`fix_modelopt.sh`;function makeModelOpt(fix){let{names,outputs}=nodesOf(fix),leftOut=[...names.filter(name=>!canBeArgument(name)).map(name=>({name,why:`it cannot be an argument of a program`})),...outputs.map(output=>({name:`(output ${output})`,why:`the node has no name, and ModelOpt excludes nodes by name only`}))],patterns=names.filter(canBeArgument).map(anchoredPattern),command=`sh ${FILE$2} CALIBRATION.npz`,notes=leftOut.map(({name,why})=>`# Left out: ${commentText(name)}: ${commentText(why)}`),body=patterns.length===0?NOTHING:`${NEEDS_DATA}\nexec ${modelOptWords(fix,patterns)}`,content=[`#!/bin/sh`,...headerLines(fix,command),...notes,body,``].join(`
`);return[{format:`modelopt`,fileName:FILE$2,content,command,leftOut}]}const NOTHING=`echo 'no node name of this fix can be written for ModelOpt; use the qdq format' >&2
exit 1`,NEEDS_DATA=`if [ ! -f "$1" ]; then echo 'usage: fix_modelopt.sh CALIBRATION.npz' >&2; exit 2; fi`;function modelOptWords({model,precision,algorithm},patterns){let start=[`python3`,`-m`,`modelopt.onnx.quantization`,`--onnx_path`,pathArgument(model.path),`--quantize_mode`,`int8`],method=[`--calibration_method`,algorithm===`entropy`?`entropy`:`max`],end=[`--high_precision_dtype`,precision===`float16`?`fp16`:`fp32`,`--output_path`,`fixed.qdq.onnx`],quoted=words=>words.map(shellWord).join(` `);return`${quoted(start)} ${quoted(method)} --calibration_data_path "$1" ${quoted(end)} --nodes_to_exclude ${quoted(patterns)}`}const polygraphyCode=String.raw`
import base64
import hashlib
import json
import os
import sys


def load_data():
    return json.loads(base64.b64decode(DATA).decode("ascii"))


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
`;function pythonScript(header,data,code){let block=dataLines(data).map(line=>`    "${line}"`);return[`#!/usr/bin/env python3`,`# Made by a tool: change the report, not this file.`,...header,`DATA = (`,...block,`)`,code.trim(),``].join(`
`)}const FILE$1=`fix_precision.py`;function makePolygraphy(fix){let command=polygraphyCommand(fix),data={precision:fix.precision,sha256:fix.qdqPath===void 0?fix.model.sha256:``,...nodesOf(fix)},content=pythonScript(headerLines(fix,command),data,polygraphyCode);return[{format:`polygraphy`,fileName:FILE$1,content,command,leftOut:[]}]}function polygraphyCommand(fix){let{cachePath,precision}=fix;return[`polygraphy`,`convert`,pathArgument(builtPath(fix)),`--int8`,...precision===`float16`?[`--fp16`]:[],...cachePath===void 0?[]:[`--calibration-cache`,cachePath],...fix.buildWith?.polygraphy??[],`--trt-network-postprocess-script`,FILE$1,`--precision-constraints`,`obey`,`-o`,`fixed.engine`].map(shellWord).join(` `)}const SCRIPT=`fix_qdq.py`,MODEL=`fixed.qdq.onnx`;function makeQdq(fix){let{cachePath,model}=fix,isTheModelItself=cachePath===void 0&&fix.qdqPath===void 0,source=cachePath===void 0?shellWord(pathArgument(builtPath(fix))):`quantized.qdq.onnx`,command=`${cachePath===void 0?``:`${[`trt-gate`,`cache`,`to-qdq`,cachePath,pathArgument(model.path),`-o`,source].map(shellWord).join(` `)} && `}python3 ${SCRIPT} ${source} ${MODEL}`,data={sha256:isTheModelItself?model.sha256:``,computeNodes:fix.kept.map(unit=>unit.nodes[0]??``),...nodesOf(fix)},script=pythonScript(headerLines(fix,command),data,`
import base64
import hashlib
import json
import sys


def load_data():
    return json.loads(base64.b64decode(DATA).decode("ascii"))


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
    """Q and DQ nodes that nothing reads any more."""
    while True:
        used = set(name for node in graph.node for name in node.input) | set(value.name for value in graph.output)
        unused = [node for node in graph.node if node.op_type in ("QuantizeLinear", "DequantizeLinear") and not used & set(node.output)]
        if not unused:
            return
        for node in unused:
            graph.node.remove(node)


def constants_of(graph):
    found = {tensor.name: tensor for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant":
            found.update((node.output[0], attribute.t) for attribute in node.attribute if attribute.name == "value")
    return found


def edit(graph, data):
    makers = {output: node for node in graph.node for output in node.output}
    constants = constants_of(graph)
    cut = 0
    for node in find_nodes(graph, data["computeNodes"]):
        for index, name in enumerate(node.input):
            source = float_source(name, makers, constants, graph)
            if source is not None:
                node.input[index] = source
                cut += 1
    if cut == 0:
        raise ValueError("no Q/DQ stands in front of the %d nodes. Use the Q/DQ model." % len(data["computeNodes"]))
    drop_unused(graph)
    return cut


def main(arguments):
    if len(arguments) != 2:
        print("usage: fix_qdq.py MODEL.qdq.onnx FIXED.qdq.onnx", file=sys.stderr)
        return 2
    import onnx

    try:
        data = load_data()
        refuse_other_model(arguments[0], data)
        model = onnx.load(arguments[0])
        cut = edit(model.graph, data)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    onnx.save(model, arguments[1])
    print("removed the Q/DQ of %d inputs of %d nodes" % (cut, len(data["computeNodes"])))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
`),artifacts=[{format:`qdq`,fileName:SCRIPT,content:script,command,leftOut:[]}];if(fix.editedModel){let build=`trtexec --onnx=${MODEL} --stronglyTyped --saveEngine=fixed.engine`;artifacts.push({format:`qdq`,fileName:MODEL,content:fix.editedModel,command:build,leftOut:[]})}return artifacts}const FILE=`fix_trtexec.sh`;function makeTrtexec(fix){let{names,outputs}=nodesOf(fix),isForeign=fix.buildWith?.trtexec===null,leftOut=[...names.flatMap(name=>{let why=isForeign?foreign:whyNotWritten(name);return why===void 0?[]:[{name,why}]}),...outputs.map(output=>({name:`(output ${output})`,why:`the node has no name, and trtexec knows layers by name only`}))],written=isForeign?[]:names.filter(name=>whyNotWritten(name)===void 0),command=`sh ${FILE}`,notes=leftOut.map(({name,why})=>`# Left out: ${commentText(name)}: ${commentText(why)}`),why=isForeign?foreign:`no layer name of this fix can be written for trtexec`,body=written.length===0?nothing(why):`exec ${trtexecWords(fix,written).map(shellWord).join(` `)} "$@"`,content=[`#!/bin/sh`,...headerLines(fix,command),...notes,body,``].join(`
`);return[{format:`trtexec`,fileName:FILE,content,command,leftOut}]}const foreign=`trtexec reads caches of entropy calibration only and no input name with a comma, and this model has one or the other`,nothing=why=>`echo '${why}; use the polygraphy format' >&2\nexit 1`;function trtexecWords(fix,names){let{cachePath,precision}=fix,type=precision===`float16`?`fp16`:`fp32`,perLayer=names.map(name=>`${name}:${type}`).join(`,`);return[`trtexec`,`--onnx=${builtPath(fix)}`,`--int8`,...type===`fp16`?[`--fp16`]:[],...cachePath===void 0?[]:[`--calib=${cachePath}`],...fix.buildWith?.trtexec??[],`--layerPrecisions=${perLayer}`,`--layerOutputTypes=${perLayer}`,`--precisionConstraints=obey`,`--saveEngine=fixed.engine`]}function whyNotWritten(name){if(!canBeArgument(name))return`it cannot be an argument of a program`;let bad=[`,`,`:`,`'`,`"`,`*`].find(char=>name.includes(char));return bad===void 0?void 0:`trtexec cannot read a name with ${bad}`}const makers={polygraphy:makePolygraphy,trtexec:makeTrtexec,qdq:makeQdq,modelopt:makeModelOpt,config:makeConfigSnippet},makeArtifacts=(format,fix)=>fix.kept.length===0?[]:makers[format](fix);export{fixFormats as n,makeArtifacts as t};
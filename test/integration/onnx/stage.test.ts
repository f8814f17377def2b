import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ConfigError, TrustError } from "../../../src/effects/failure.ts";
import { floatValues } from "../../../src/onnx/constants.ts";
import { copyFromHandle, openChecked } from "../../../src/onnx/copy-checked.ts";
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  FunctionProtoSchema,
  GraphProtoSchema,
  SparseTensorProtoSchema,
} from "../../../src/onnx/gen/onnx-ml_pb.js";
import { graphAttr, type ModelProto, type TensorProto } from "../../../src/onnx/model.ts";
import { stageModel } from "../../../src/onnx/stage.ts";
import { encode, externalTensor, modelProto, node, weight } from "../../fakes/onnx-models.ts";
import { type RunEffects, runEffects } from "../../fakes/run-effects.ts";
import { classifier } from "../../fakes/simulate-job.ts";

let effects: RunEffects;
let source = "";
beforeEach(async () => {
  effects = await runEffects();
  source = join(effects.folder, "source");
  mkdirSync(source);
});
afterEach(() => effects.end());

const stage = async (trust: "pull-request" | "local" = "pull-request", path = join(source, "m.onnx")) =>
  stageModel({ path, folder: await effects.files.makeTempFolder("staged"), files: effects.files, trust });

const write = (proto: ModelProto) => writeFileSync(join(source, "m.onnx"), encode(proto));
const withWeight = (tensor: TensorProto) => modelProto({ nodes: [node("Add", ["x", "w"], ["y"])], weights: [tensor], outputs: ["y"] });
const external = (entries: Record<string, string>) => write(withWeight(externalTensor("w", entries)));

describe("external data outside the commit", () => {
  it("is refused before it is opened", async () => {
    external({ location: "config" });
    writeFileSync(join(source, "config"), "[http] extraheader = AUTHORIZATION: basic canary");
    const asked: string[] = [];
    const isTracked = (location: string) => {
      asked.push(location);
      return false;
    };
    const folder = await effects.files.makeTempFolder("staged");
    const staging = stageModel({ path: join(source, "m.onnx"), folder, files: effects.files, trust: "pull-request", isTracked });
    await expect(staging).rejects.toThrow(TrustError);
    await expect(staging).rejects.toThrow(/'config' of .* is not part of the commit/);
    expect(asked).toEqual(["config"]);
    expect(await effects.files.list(folder)).toEqual(["model.onnx"]);
  });
});

describe("a model without external data", () => {
  it("is copied under a plain name, with the file's own SHA-256, and its weights can still be read", async () => {
    const staged = await stage("pull-request", classifier);
    expect(staged.modelPath).toMatch(/\/model\.onnx$/);
    expect(staged.sha256).toBe(createHash("sha256").update(readFileSync(classifier)).digest("hex"));
    expect(readFileSync(staged.modelPath).equals(readFileSync(classifier))).toBe(true);
  });

  it("does not exist: said as a configuration error", async () => {
    await expect(stage()).rejects.toThrow(ConfigError);
    await expect(stage()).rejects.toThrow(/does not exist/);
  });

  it.each(["--data-loader-script=x.onnx", "a;b $(id).onnx", "line\nbreak.onnx", `${"n".repeat(250)}.onnx`])(
    "may be called anything: %j",
    async (name) => {
      writeFileSync(join(source, name), encode(withWeight(weight("w", [4]))));
      expect((await stage("pull-request", join(source, name))).modelPath).toMatch(/\/model\.onnx$/);
    },
  );
});

describe("external data that is a Git LFS pointer", () => {
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${"0".repeat(64)}\nsize 4096\n`;

  it.each(["pull-request", "local"] as const)("is called one, also where it is as long as the tensor: %s", async (trust) => {
    for (const length of [undefined, "16"]) {
      external({ location: "w.bin", ...(length === undefined ? {} : { length }) });
      writeFileSync(join(source, "w.bin"), pointer);
      await expect(stage(trust)).rejects.toThrow(/'w\.bin' of .*m\.onnx' is a Git LFS pointer.*lfs: true/);
      await expect(stage(trust)).rejects.toThrow(ConfigError);
    }
  });

  it("is called one by commands that read weights of a model in its own folder", async () => {
    external({ location: "w.bin" });
    writeFileSync(join(source, "w.bin"), pointer);
    await expect(floatValues(externalTensor("w", { location: "w.bin" }), source, effects.files)).rejects.toThrow(/Git LFS pointer/);
  });
});

describe("external data inside the folder", () => {
  it("is copied with its place kept, counted in the hash, and read at its offset", async () => {
    mkdirSync(join(source, "sub"));
    writeFileSync(join(source, "sub/w.bin"), new Uint8Array(Float32Array.of(9, 9, 1, 2, 3, 4).buffer));
    external({ location: "sub/w.bin", offset: "8", length: "16" });
    const staged = await stage();
    expect(staged.externalFiles).toEqual(["sub/w.bin"]);
    const hash = createHash("sha256")
      .update(readFileSync(join(source, "m.onnx")))
      .update(readFileSync(join(source, "sub/w.bin")));
    expect(staged.sha256).toBe(hash.digest("hex"));
    const tensor = staged.model.graph.initializer[0];
    if (tensor === undefined) throw new Error("no initializer");
    expect([...(await floatValues(tensor, staged.model.folder, effects.files))]).toEqual([1, 2, 3, 4]);
  });
});

describe("external data that leaves the folder or lies", () => {
  const outside: [string, Record<string, string>, RegExp][] = [
    ["a parent", { location: "../w.bin" }, /may leave/],
    ["a parent further down", { location: "sub/../../w.bin" }, /may leave/],
    ["an absolute path", { location: "/etc/hostname" }, /not relative/],
    ["a drive", { location: "C:/w.bin" }, /not relative/],
    ["backslashes", { location: "..\\w.bin" }, /not relative/],
    ["a NUL", { location: "w.bin\0.txt" }, /no text/],
    ["nothing", { offset: "0" }, /no location/],
    ["a negative offset", { location: "w.bin", offset: "-1" }, /no count of bytes/],
    ["an offset beyond 2^53", { location: "w.bin", offset: "9999999999999999" }, /no count of bytes/],
    ["an unknown key", { location: "w.bin", basepath: "/" }, /unknown external key 'basepath'/],
    ["an offset beyond the file", { location: "w.bin", offset: "16" }, /has 16 bytes, and the model reads 32/],
    ["a name of ours", { location: "trt-gate-weights.bin" }, /used by the check itself/],
    ["the model itself", { location: "model.onnx" }, /name of the model itself/],
    ["a folder of the model's own name", { location: "model.onnx/w.bin" }, /name of the model itself/],
  ];
  it.each(outside)("is refused: %s", async (_, entries, message) => {
    writeFileSync(join(source, "w.bin"), new Uint8Array(16));
    external(entries);
    const failure = await stage().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TrustError);
    expect(String(failure)).toMatch(message);
    expect(await stage("local").catch((error: unknown) => error)).toBeInstanceOf(ConfigError);
  });

  const targets: [string, () => void, RegExp][] = [
    ["a symbolic link", () => symlinkSync("/etc/hostname", join(source, "w.bin")), /symbolic link/],
    [
      "a link in the path",
      () => {
        mkdirSync(join(source, "real"));
        writeFileSync(join(source, "real/w.bin"), new Uint8Array(16));
        symlinkSync(join(source, "real"), join(source, "sub"));
      },
      /which is a link/,
    ],
    [
      "a hard link",
      () => {
        writeFileSync(join(source, "other"), new Uint8Array(16));
        linkSync(join(source, "other"), join(source, "w.bin"));
      },
      /hard-linked/,
    ],
    ["a FIFO", () => void execFileSync("mkfifo", [join(source, "w.bin")]), /no regular file/],
    ["a folder", () => mkdirSync(join(source, "w.bin")), /no regular file/],
  ];
  it.each(targets)("is refused: %s", async (what, make, message) => {
    make();
    external({ location: what === "a link in the path" ? "sub/w.bin" : "w.bin" });
    await expect(stage()).rejects.toThrow(TrustError);
    await expect(stage()).rejects.toThrow(message);
  });

  it("refuses a model that is a link when it comes from a pull request, and follows our user's own", async () => {
    writeFileSync(join(effects.folder, "elsewhere.onnx"), encode(withWeight(weight("w", [4]))));
    symlinkSync(join(effects.folder, "elsewhere.onnx"), join(source, "m.onnx"));
    await expect(stage()).rejects.toThrow(/symbolic link/);
    expect((await stage("local")).externalFiles).toEqual([]);
  });

  it("is found wherever a tensor hides", async () => {
    const bad = () => externalTensor("hidden", { location: "/etc/hostname" });
    const tensorAttribute = create(AttributeProtoSchema, { name: "value", type: AttributeProto_AttributeType.TENSOR, t: bad() });
    const sparse = create(SparseTensorProtoSchema, { values: bad(), indices: bad(), dims: [4n] });
    const inAttribute = { ...node("Constant", [], ["c"]), attribute: [tensorAttribute] };
    const inSubgraph = {
      ...node("If", ["x"], ["y"]),
      attribute: [
        graphAttr(
          "then_branch",
          create(GraphProtoSchema, {
            name: "t",
            node: [inAttribute],
            output: [{ $typeName: "onnx.ValueInfoProto", name: "c", docString: "", metadataProps: [] }],
          }),
        ),
      ],
    };
    const base = () => modelProto({ nodes: [node("Relu", ["x"], ["z"])], outputs: ["z"] });
    const hides: ModelProto[] = [base(), base(), base(), base()];
    hides[0]?.graph?.node.push(inAttribute);
    hides[1]?.graph?.node.push(inSubgraph);
    hides[2]?.graph?.sparseInitializer.push(sparse);
    hides[3]?.functions.push(create(FunctionProtoSchema, { name: "f", domain: "d", node: [inAttribute] }));
    for (const proto of hides) {
      write(proto);
      await expect(stage()).rejects.toThrow(/'hidden' points to '\/etc\/hostname'/);
    }
  });
});

describe("a file that changes while it is looked at", () => {
  it("is noticed when it became shorter", async () => {
    writeFileSync(join(source, "w.bin"), new Uint8Array(64));
    const opened = await openChecked(source, "w.bin", "refused");
    if (typeof opened === "string") throw new Error(opened);
    writeFileSync(join(source, "w.bin"), new Uint8Array(8));
    expect(await copyFromHandle(opened, join(effects.folder, "copy"), createHash("sha256"))).toBe(false);
    await opened.handle.close();
  });
});

"""The table of broken inputs that `nibblesim` must answer with one line: read by bad_input_test.py.

A case runs in a copy of configs/, spoils something there, calls the program and names the line that
a user must see. `{allowed}` parts of a line are left to the unit tests of the readers.
"""
import dataclasses
import pathlib
import shutil
import struct

import onnx_files
from spoilt_files import (TRACE, WEIGHTS, append, both, copy, cut, flip, in_fp8, remove, replace,
                          spoil_conv, unpacked_weights, write)

EXPERIMENT = "configs/experiments/quickstart.yaml"
CHIP = "configs/chips/edge.yaml"
NETWORK = "configs/networks/resnet8_w16.yaml"
DRAM = "configs/dram/lpddr5_6400.yaml"
ENERGY = "configs/energy/horowitz_45nm.yaml"
SUBCOMMANDS = "run, validate, train, characterize, dram, import, report"
NO_CHARTS = "nibblesim report: this program was built .*"  # where npm's registry was not there
RESULT = pathlib.Path(__file__).resolve().parents[1] / "sim/report/result.json"


@dataclasses.dataclass
class Case:
    name: str
    arguments: list
    says: str  # a regular expression for the whole line
    spoil: object = None  # called with the folder


CONV_HEADER = ("Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, "
               "Num Filter, Strides,\n")


def topology(name, text, says):
    """A SCALE-Sim file that must be refused, with an output that must not appear."""
    return Case(name, ["import", "scalesim", "t.csv", "-o", "new.yaml"], says, write("t.csv", text))


def onnx_relu(ir=7, opset=13, dimension=1):
    """A model of one Relu on [dimension, 4]; bytes are a symbolic dimension."""
    return onnx_files.model([onnx_files.node(b"Relu", b"act", [b"x"])], [],
                            onnx_files.value(b"x", dimension, 4), b"act", ir, opset)


def onnx(name, model, says, *arguments):
    return Case(name, ["import", "onnx", "m.onnx", "-o", "new.yaml", *arguments], says,
                write("m.onnx", model))


def run(*arguments, engine="timing", out="out"):
    return ["run", EXPERIMENT, "-o", out, "--engine", engine, *arguments]


def dram(name, says, *arguments, trace="R 40\n"):
    """The memory alone on a trace."""
    return Case(name, ["dram", "t.trace", "--config", DRAM, *arguments], says,
                write("t.trace", trace) if trace is not None else None)


def report(name, result, says):
    """A report of a folder whose result.json is broken."""
    return Case(name, ["report", "out"], says,
                lambda root: ((root / "out").mkdir(), write("out/result.json", result)(root)))


def finished_run(root):
    """A folder as `nibblesim run -o out` leaves it."""
    (root / "out").mkdir()
    shutil.copy(RESULT, root / "out/result.json")


def replay():
    """The engine that reads trace and weights, and is quick."""
    return run(engine="model")


ON_TWO_CORES = ["--set", "chip.cores=2", "--set", "chip.ring.bytes_per_cycle=128", "--set",
                "chip.ring.hop_cycles=1"]

WITHOUT_TRACE = replace(EXPERIMENT, r"trace:.*\n", "")  # which would be refused first

CASES = [
    Case("no such experiment", ["run", "configs/experiments/nine.yaml", "-o", "out"],
         r"configs/experiments/nine\.yaml: cannot be read \(No such file or directory\), .*"),
    Case("an experiment that is a directory", ["run", "configs", "-o", "out"],
         r"configs: is a directory, allowed is a readable YAML file"),
    Case("an empty experiment", run(), rf"{EXPERIMENT}: is empty, .*", write(EXPERIMENT, "")),
    Case("an experiment that is no YAML", run(), rf"{EXPERIMENT}:\d+:\d+: is not YAML: .*",
         write(EXPERIMENT, "a: [1\n")),
    Case("an unknown key in the experiment", run(),
         rf"{EXPERIMENT}:\d+:1: sede: unknown key \(did you mean seed\?\), .*",
         append(EXPERIMENT, "sede: 1\n")),
    Case("an unknown key in the chip", run(),
         rf"{CHIP}:\d+:3: tile\.colums: unknown key \(did you mean columns\?\), .*",
         replace(CHIP, r"  columns: 64", "  columns: 64\n  colums: 64")),
    Case("a missing key in the chip", run(), rf"{CHIP}:\d+:3: tile\.columns: is missing, .*",
         replace(CHIP, r"  columns: 64\n", "\n")),
    Case("a key given twice", run(), rf"{CHIP}:\d+:1: clock_mhz: is given twice .*",
         replace(CHIP, r"clock_mhz: 1000", "clock_mhz: 900\nclock_mhz: 1000")),
    Case("a negative size", run(), rf"{CHIP}:\d+:8: scratchpad\.kib: -2048 is out of range, .*",
         replace(CHIP, r"  kib: 2048", "  kib: -2048")),
    Case("a size that is a word", run(),
         rf"{CHIP}:\d+:8: scratchpad\.kib: large is not a whole number, .*",
         replace(CHIP, r"  kib: 2048", "  kib: large")),
    Case("a scratchpad smaller than its own part", run(), rf"{CHIP}:\d+:\d+: scratchpad.*: .*",
         replace(CHIP, r"  kib: 2048", "  kib: 1")),
    Case("a scratchpad too small for the smallest tile",
         run("--set", "chip.scratchpad.kib=2", "--set", "chip.scratchpad.stream_buffer_kib=1"),
         rf"{EXPERIMENT} --set .*=2 --set .*=1: edge\w*: [\w.]+ forward: fits in no mapping: the smallest "
         r"tile needs \d+ bytes of stream buffer, it has 1024 \(\d+ short, .*\), allowed a larger "
         r"scratchpad\.stream_buffer_kib or a smaller batch"),
    Case("a clock that stands still", run(), rf"{CHIP}:\d+:12: clock_mhz: 0 is out of range, .*",
         replace(CHIP, r"clock_mhz: 1000", "clock_mhz: 0")),
    Case("a memory preset that does not exist", run(),
         rf"{CHIP}:\d+:11: dram\.preset: unknown preset lpddr9, allowed are ddr4_3200, .*",
         replace(CHIP, r"lpddr5_6400", "lpddr9")),
    Case("an energy table that does not exist", run(),
         rf"{CHIP}:\d+:9: energy: unknown energy horowitz, allowed is horowitz_45nm",
         replace(CHIP, r"horowitz_45nm", "horowitz")),
    Case("an energy whose low is above it", run(),
         rf"{ENERGY}:\d+:\d+: pj\.link_byte\.low: 94 is out of range, .* from 0 to 40",
         replace(ENERGY, r"low: 9\.4", "low: 94")),
    Case("an energy without a source", run(),
         rf"{ENERGY}:\d+:\d+: pj\.accumulator\.source: is missing, .*",
         replace(ENERGY, r'(accumulator: .*), source: "[^"]*"', r"\1")),
    Case("a key below the name of an energy table", run("--set", "chip.energy.mac=1"),
         r"--set chip\.energy\.mac=1: energy: is a value, without a key mac below it, .*"),
    Case("a value of the file that an option does not go with",
         run("--set", "seed=3", "--set", "chip.tile.columns=512"),
         r"--set chip\.tile\.columns=512: scratchpad\.bytes_per_cycle: 2048 cannot feed all units at "
         r"once, allowed is at least \d+"),
    Case("a value of the chosen chip that a later option does not go with",
         run("--set", "chip=rapid", "--set", "chip.scratchpad.kib=700"),
         r"--set chip\.scratchpad\.kib=700: scratchpad\.stream_buffer_kib: 768 exceeds the .*"),
    Case("a value given twice that the file does not go with",
         run("--set", "chip.tile.columns=512", "--set", "chip.tile.columns=1024"),
         r"--set chip\.tile\.columns=1024: scratchpad\.bytes_per_cycle: 2048 cannot feed .*"),
    Case("a tile that is not built in RTL", run("--set", "chip.tile.lanes=48", engine="rtl"),
         r"--set chip\.tile\.lanes=48: chip\.tile: no Verilated 4-bit tile of 48x64x128 .*"),
    Case("an experiment without configs",
         ["run", "alone/here/quickstart.yaml", "-o", "out"],
         r"alone/here/quickstart\.yaml: its chip and network are not found: there is neither alone/chips "
         r"nor configs/chips, .*",
         lambda root: ((root / "alone/here").mkdir(parents=True),
                       (root / EXPERIMENT).rename(root / "alone/here/quickstart.yaml"),
                       (root / "configs").rename(root / "other"))),
    Case("a pinned depth that no array can run",
         run("--set", "mapping.pin.fc wgrad.depth=3"),
         r"--set mapping\.pin\.fc wgrad\.depth=3: mapping\.pin\.fc wgrad: depth 3 cannot run: the array "
         r"\(16 lanes, 16 columns, 128 accumulator rows\) .*, allowed is a multiple of 16, or no depth: .*"),
    Case("a network whose shapes do not fit", run(), rf"{NETWORK}:\d+:5: .*",
         replace(NETWORK, r"\{name: s1\.conv2, type: conv, filters: 16",
                 "{name: s1.conv2, type: conv, filters: 17")),
    Case("a chip that does not exist", run("--set", "chip=nine"),
         r"--set chip=nine: chip: unknown chip nine, allowed are density, edge, rapid, server"),
    Case("a misspelt network in the file", run(),
         rf"{EXPERIMENT}:\d+:10: network: unknown network resnet8_w61 \(did you mean resnet8_w16\?\), "
         r"allowed are alexnet, .*", replace(EXPERIMENT, "resnet8_w16 ", "resnet8_w61 ")),
    Case("a key of the chip without the chip", run("--set", "dram.channels=2"),
         r"--set dram\.channels=2: dram: unknown key \(did you mean chip\.dram\.channels\?\), .*"),
    Case("a key of the chip with a value that is out of range", run("--set", "clock_mhz=-1"),
         r"--set clock_mhz=-1: clock_mhz: unknown key \(did you mean chip\.clock_mhz\?\), .*"),
    Case("a key of the network without the network", run("--set", "classes=10"),
         r"--set classes=10: classes: unknown key \(did you mean network\.classes\?\), .*"),
    Case("two values after one --set", run("--set", "batch=8", "seed=2"),
         r"nibblesim run: \"seed=2\" is not expected, allowed is a --set of its own for each: --set seed=2"),
    Case("a pattern of layers without quotes", run(),
         rf"{EXPERIMENT}:\d+:5: is an alias without a value, allowed is .* quoted: \"\*\.conv3\"",
         append(EXPERIMENT, "precision:\n  default: fp16\n  layers:\n    *.conv1: fp8\n")),
    Case("an engine that does not exist", ["run", EXPERIMENT, "-o", "out", "--engine", "silicon"],
         r".*silicon.*rtl.*model.*timing.*"),
    Case("several cores without a ring", run(), rf"{CHIP}:\d+:8: cores: several cores need a ring, .*",
         replace(CHIP, r"clock_mhz: 1000", "clock_mhz: 1000\ncores: 4")),
    Case("a ring without its width", run("--set", "chip.cores=2", "--set", "chip.ring.hop_cycles=1"),
         r"--set chip\.ring\.hop_cycles=1: ring\.bytes_per_cycle: is missing, .*"),
    Case("no core", run("--set", "chip.cores=0"),
         r"--set chip\.cores=0: cores: 0 is out of range, .*"),
    Case("a link without its speed", run("--set", "chip.link.workers=2"),
         r"--set chip\.link\.workers=2: link\.gb_per_s: is missing, .*"),
    Case("a link of no chips",
         run("--set", "chip=server", "--set", "chip.link.workers=0"),
         r"--set chip\.link\.workers=0: link\.workers: 0 is out of range, .*"),
    Case("a trace on cores that share out a sum",
         run(*ON_TWO_CORES, engine="model"),
         rf"{TRACE}: \S+ wgrad is added up from parts of several cores, .* allowed with one core, .*",
         replace(EXPERIMENT, r"inference:.*\n(  .*\n)+", "")),
    Case("a policy of the experiment that names no layer", run(),
         rf"{EXPERIMENT}:\d+:14: precision\.depthwise: names no layer of this network, .*",
         append(EXPERIMENT, "precision:\n  default: fp16\n  depthwise: fp8\n")),
    Case("a policy of the experiment for a layer that does not exist", run(),
         rf"{EXPERIMENT}:\d+:22: precision\.layers\.s1\.conv3: unknown layer that multiplies "
         r"\(did you mean s1\.conv1\?\), .*",
         append(EXPERIMENT, "precision:\n  default: fp16\n  layers: {s1.conv3: fp8}\n")),
    Case("a policy of the experiment without a default", run(),
         rf"{EXPERIMENT}:\d+:\d+: precision\.default: is missing, .*",
         append(EXPERIMENT, "precision:\n  first: fp16\n")),
    Case("a precision of no format", run("--set", "precision.default=fp4"),
         r"--set precision\.default=fp4: precision\.default: unknown value fp4.*"),
    Case("weights of another precision", run("--set", "precision.default=fp8", engine="model"),
         r".*: layer conv1: weights of precision fp16, allowed are those of fp8"),
    Case("weights in FP8", run("--set", "precision.default=fp8", engine="model"),
         rf"{WEIGHTS}: layer conv1 is of fp8, allowed is a forward pass in int4 or fp16, .*",
         both(unpacked_weights(in_fp8), WITHOUT_TRACE)),
    Case("weights of blocks", replay(),
         rf"{WEIGHTS}: is of mxfp4 blocks, allowed are weights of int4_fp4 and fp16, .*",
         unpacked_weights(lambda document: document.update(blocks="mxfp4"))),
    Case("an inference of a network of other images",
         run("--set", "network.input.height=30", engine="model"),
         rf"{WEIGHTS}: is of fashion-mnist, which network resnet8_w16 does not read as it stands, .*", WITHOUT_TRACE),
    Case("a pinned mapping of a GEMM that does not exist", run(),
         rf"{EXPERIMENT}:\d+:23: mapping\.pin\.s1\.conv1 forwrad: unknown GEMM \(did you mean "
         r"s1\.conv1 forward\?\), .*",
         append(EXPERIMENT, "mapping:\n  pin:\n    s1.conv1 forwrad: {rows: 64}\n")),
    Case("a pinned mapping with an unknown key", run(),
         rf"{EXPERIMENT}:\d+:16: mapping\.pin\.fc wgrad\.row: unknown key \(did you mean rows\?\), .*",
         append(EXPERIMENT, "mapping:\n  pin:\n    fc wgrad: {row: 64}\n")),
    Case("a pinned split that a GEMM does not allow on several cores", run(*ON_TWO_CORES),
         rf"{EXPERIMENT}:\d+:17: mapping\.pin\.fc forward: cannot be split by depth, allowed are "
         r"rows, columns",
         append(EXPERIMENT, "mapping:\n  pin:\n    fc forward: {split: depth}\n")),
    Case("a search without an end", run("--set", "mapping.search=100000"),
         r"--set mapping\.search=100000: mapping\.search: 100000 is out of range, .*"),
    Case("a search in the wrong place", run("--set", "search=4"),
         r"--set search=4: search: unknown key.*"),
    Case("a twin that does not exist", run("--set", "twin=equal_cost"),
         r"--set twin=equal_cost: twin: unknown value equal_cost, .*"),
    Case("a twin in an unknown format", run("--set", "twin_precision=bf16"),
         r"--set twin_precision=bf16: twin_precision: unknown value bf16.*"),
    Case("memory of stages that is neither on nor off", run("--set", "memoise=2"),
         r"--set memoise=2: memoise: 2 is neither true nor false, .*"),
    Case("a sample of nothing", run("--sample", "0%", engine="rtl"),
         r"--sample: \"0%\" is no share, allowed above 0 up to 1, or up to 100%"),
    Case("a sample of more than all", run("--sample", "1.5", engine="rtl"),
         r"--sample: \"1\.5\" is no share, .*"),
    Case("a sample of words", run("--sample", "some", engine="rtl"),
         r"--sample: \"some\" is no share, .*"),
    Case("a sample without the RTL", run("--sample", "1%"),
         r"--sample: compares the RTL with the model, allowed with engine rtl"),
    Case("a check of a trace against the model", run("--check", engine="rtl"),
         r"--check: a trace is replayed whole and compared with the trainer's, .*"),
    Case("values on an array that is always at its peak",
         run("--set", "chip.ideal.array=true", engine="model"),
         r"--set chip\.ideal\.array=true: chip\.ideal\.array: .*, allowed with engine timing"),
    Case("an override of an unknown key", run("--set", "sede=1"),
         r"--set sede=1: sede: unknown key \(did you mean seed\?\), .*"),
    Case("an override without a value", run("--set", "seed"),
         r"--set seed: is not an override, allowed is KEY\.KEY=VALUE"),
    Case("an option that does not exist", run("--fast"), r'nibblesim run: "--fast" is no option, .*'),
    Case("an option in place of a command", ["--versio"],
         r'nibblesim: "--versio" is no option, see nibblesim --help'),
    Case("no command", [], rf"nibblesim: a subcommand is required, allowed {SUBCOMMANDS}"),
    Case("no experiment", ["run"], r"nibblesim run: experiment is required, see nibblesim run --help"),
    Case("an override of a command that takes none", ["validate", "foo=1"],
         r'nibblesim validate: "foo=1" is not expected, see nibblesim validate --help'),
    Case("an override of an import", ["import", "onnx", "a.onnx", "b=c"],
         r'nibblesim import onnx: "b=c" is not expected, see nibblesim import onnx --help'),
    Case("two experiments", ["run", EXPERIMENT, EXPERIMENT],
         rf'nibblesim run: "{EXPERIMENT}" is not expected, see nibblesim run --help'),
    Case("a nameless experiment", ["run", ""], r"nibblesim run: experiment: is empty, see .*"),
    Case("a chip in place of an experiment", ["run", CHIP],
         rf"{CHIP}:\d+:1: experiment: is missing, this is no experiment, allowed are files like .*"),
    Case("an engine given twice", run("--engine", "rtl"),
         r"nibblesim run: --engine is given more than once, see nibblesim run --help"),
    Case("an option without its value", ["run", EXPERIMENT, "-o"],
         r"nibblesim run: --output needs a value, see nibblesim run --help"),
    Case("vectors without a name", ["validate", "--vectors", ""],
         r"nibblesim validate: --vectors: is empty, see .*"),
    Case("a seed that is a word", ["validate", "--seed", "x"],
         r"nibblesim validate: --seed: x is not a whole number, allowed is a whole number from 0 to .*"),
    Case("a command that does not exist", ["walk"],
         rf'nibblesim: "walk" is no subcommand, allowed {SUBCOMMANDS}'),
    Case("an output directory that is a file", run(out=EXPERIMENT),
         rf"{EXPERIMENT}: cannot be created \(Not a directory\), .*"),
    Case("no trace", replay(),
         rf"{EXPERIMENT}:\d+:8: trace: unknown trace resnet8_w16_step, allowed is resnet8_w16_weights",
         remove(TRACE)),
    Case("no trace for the engine that has no values", run(),
         rf"{EXPERIMENT}:\d+:8: trace: unknown trace resnet8_w16_step, .*", remove(TRACE)),
    Case("an empty trace", replay(), rf"{TRACE}: .*", write(TRACE, "")),
    Case("a trace cut in its length", replay(), rf"{TRACE}: .*", cut(TRACE, 5)),
    Case("a trace cut in its header", replay(), rf"{TRACE}: .*", cut(TRACE, 1000)),
    Case("a trace cut in its data", replay(), rf"{TRACE}: .*", cut(TRACE, 0.9)),
    Case("a trace without its last byte", replay(), rf"{TRACE}: .*", cut(TRACE, -1)),
    Case("a trace with an altered length", replay(), rf"{TRACE}: .*", flip(TRACE, 0.0)),
    Case("a trace with an altered header", replay(), rf"{TRACE}: .*", flip(TRACE, 0.002)),
    Case("a trace with one altered bit of data", replay(), rf"{TRACE}: .*", flip(TRACE, 0.7)),
    Case("a trace with an altered last bit", replay(), rf"{TRACE}: .*", flip(TRACE, -1)),
    Case("a trace whose header claims 2^60 bytes", replay(), rf"{TRACE}: .*",
         write(TRACE, struct.pack("<Q", 2**60) + b"{}")),
    Case("a trace that is no safetensors", replay(), rf"{TRACE}: .*", write(TRACE, "P" * 5000)),
    Case("a trace with a wrong shape", replay(), rf"{TRACE}: .*", spoil_conv("c", 17)),
    Case("a trace with a negative shape", replay(), rf"{TRACE}: .*", spoil_conv("h", -28)),
    Case("a trace with an enormous shape", replay(), rf"{TRACE}: .*", spoil_conv("n", 2**62)),
    Case("a trace with stride 0", replay(), rf"{TRACE}: .*", spoil_conv("stride", 0)),
    Case("a trace with a shape of text", replay(), rf"{TRACE}: .*", spoil_conv("k", "many")),
    Case("no weights", replay(),
         rf"{EXPERIMENT}:\d+:12: inference\.weights: unknown weights resnet8_w16_weights, .*",
         remove(WEIGHTS)),
    Case("weights cut in their data", replay(), rf"{WEIGHTS}: .*", cut(WEIGHTS, 0.9)),
    Case("weights with one altered bit of data", replay(), rf"{WEIGHTS}: .*", flip(WEIGHTS, 0.7)),
    Case("a trace in place of weights", replay(), rf"{WEIGHTS}: .*", copy(TRACE, WEIGHTS)),
    Case("weights in place of a trace", replay(), rf"{TRACE}: .*", copy(WEIGHTS, TRACE)),
    Case("a batch that the trace does not hold", run("--set", "batch=4", engine="model"),
         r".*batch.*"),
    Case("a precision that the trace does not hold",
         run("--set", "network.precision.default=fp16", engine="model"), rf"{TRACE}: .*",
         replace(EXPERIMENT, r"inference:.*\n(  .*\n)+", "")),  # whose weights would be refused first
    Case("a folder without images",
         run("--set", "inference.dataset_folder=nowhere", engine="model"), r"nowhere/.*: .*"),
    Case("no image", run("--set", "inference.images=0"),
         r"--set inference\.images=0: inference\.images: 0 is out of range, .*"),
    Case("a negative seed", ["validate", "--seed", "-1"],
         r"nibblesim validate: --seed: -1 is out of range, allowed is a whole number from 0 to 9.*"),
    Case("vectors that do not exist", ["validate", "--vectors", "none.csv"],
         r"none\.csv: cannot be (read|opened) .*"),
    Case("vectors with an unknown unit", ["validate", "--vectors", "v.csv"], r"v\.csv:2.*",
         write("v.csv", "add,0001,0002,0002\nsubtract,0001,0002,0003\n")),
    Case("vectors with too few fields", ["validate", "--vectors", "v.csv"], r"v\.csv:1.*",
         write("v.csv", "add,0001,0002\n")),
    Case("vectors that are not hex", ["validate", "--vectors", "v.csv"], r"v\.csv:1.*",
         write("v.csv", "add,0001,00zz,0002\n")),
    Case("vectors with codes that are too wide", ["validate", "--vectors", "v.csv"], r"v\.csv:1.*",
         write("v.csv", "add,0001,10002,0002\n")),
    Case("a GEMM vector with too few codes", ["validate", "--vectors", "v.csv"], r"v\.csv:1.*",
         write("v.csv", "gemm,1,1,2,us,1,11,0000\n")),
    Case("a GEMM vector with a negative size", ["validate", "--vectors", "v.csv"], r"v\.csv:1.*",
         write("v.csv", "gemm,-1,1,1,us,1,1,0000\n")),
    topology("a topology without a column", CONV_HEADER.replace("Channels, ", ""),
             r"t\.csv:1: header: column 6 is \"Num Filter\" instead of Channels, .*"),
    topology("a topology's row without a column", CONV_HEADER + "a, 5, 5, 1, 1, 3, 4,\n",
             r"t\.csv:2: a: column 8 \(Strides\) is missing, .*"),
    topology("a topology with a word for a number", CONV_HEADER + "a, 5, B, 1, 1, 3, 4, 1,\n",
             r"t\.csv:2: a: IFMAP Width \"B\" is not a whole number, .*"),
    topology("a topology whose stride does not divide", CONV_HEADER + "a, 224, 224, 7, 7, 3, 64, 2,\n",
             r"t\.csv:2: a: height 224: stride 2 does not divide 224 - 7, .*--round-up.*"),
    topology("a topology whose filter does not fit", CONV_HEADER + "a, 5, 5, 7, 7, 3, 4, 1,\n",
             r"t\.csv:2: a: filter height 7 is larger than the IFMAP's 5, .*"),
    topology("a topology of GEMMs without K", "Layer, M, N,\na, 1, 2,\n",
             r"t\.csv:1: header: column 4 is missing instead of K, .*"),
    topology("an empty topology", "", r"t\.csv: is empty, .*"),
    topology("a topology of an image", bytes(range(256)) * 4, r"t\.csv:\d+: .*"),
    Case("no topology", ["import", "scalesim", "none.csv", "-o", "new.yaml"],
         r"none\.csv: cannot be read \(No such file or directory\), .*"),
    Case("a topology into a directory that does not exist",
         ["import", "scalesim", "t.csv", "-o", "no/new.yaml"],
         r"no/new\.yaml: cannot be written \(No such file or directory\), .*",
         write("t.csv", "Layer, M, N, K,\na, 2, 2, 2,\n")),
    Case("a precision that does not exist",
         ["import", "scalesim", "t.csv", "--precision", "int3", "-o", "new.yaml"],
         r"--precision: unknown precision int3, allowed are int4_fp4, .*",
         write("t.csv", "Layer, M, N, K,\na, 2, 2, 2,\n")),
    Case("a format that cannot be imported", ["import", "tflite", "m.tflite"],
         r'nibblesim import: "tflite" is no subcommand, allowed onnx, scalesim'),
    onnx("an empty ONNX file", b"", r"m\.onnx: is empty, .*"),
    onnx("an ONNX file cut in its length", onnx_relu()[:-20],
         r"m\.onnx: is no ONNX file, or a damaged one, .*"),
    onnx("text in place of ONNX", "network: resnet\n", r"m\.onnx: is no ONNX file, or a damaged one, .*"),
    onnx("an ONNX file of a later IR", onnx_relu(ir=12),
         r"m\.onnx: IR version 12 is too new for libonnx \S+, allowed up to \d+: .*"),
    onnx("an ONNX file of a later opset", onnx_relu(opset=99),
         r"m\.onnx: opset 99 is too new for libonnx \S+, allowed up to \d+: .*"),
    onnx("a dynamic ONNX file", onnx_relu(dimension=b"batch"),
         r"m\.onnx: input x: dimension 0 \(batch\) is dynamic, .*--dim batch=1"),
    onnx("a size for a dimension that does not exist", onnx_relu(dimension=b"batch"),
         r"--dim: width: no dimension of an input has this name, allowed batch",
         "--dim", "width=3", "--dim", "batch=1"),
    onnx("a size without a name", onnx_relu(), r"--dim 3: is not a size, allowed is NAME=VALUE",
         "--dim", "3"),
    dram("no memory trace", r"t\.trace: cannot be read \(No such file or directory\), .*", trace=None),
    dram("an empty memory trace", r"t\.trace: holds no request, .*", trace="# nothing\n"),
    dram("an image in place of a memory trace", r"t\.trace:1:\d+: request: is .*, allowed are R and W",
         trace=bytes(range(1, 256)).replace(b"\n", b"").replace(b"\r", b"") + b"\n"),
    dram("an address beyond the memory", r"t\.trace:1:3: address: is 40000000, .*",
         trace="R 40000000\n"),
    dram("a request at a time that is no number", r"t\.trace:2:6: cycle: is soon, .*",
         trace="R 40\nW 80 soon\n"),
    dram("an energy below nothing",
         r"--set energy\.read_pj=-1: energy\.read_pj: -1 is out of range, .*",
         "--set", "energy.read_pj=-1"),
    dram("an energy factor that leaves the device's own out",
         r"--set energy\.factor\.high=0\.5: energy\.factor\.high: 0\.5 is out of range, .*",
         "--set", "energy.factor.high=0.5"),
    dram("a channel interleave that is no power of two",
         r"--set controller\.channel_interleave_bytes=96: controller\.channel_interleave_bytes: is 96, .*",
         "--set", "controller.channel_interleave_bytes=96"),
    Case("a memory trace that is a directory", ["dram", "configs", "--config", DRAM],
         r"configs: is a directory, allowed is a trace file, .*"),
    Case("a memory without energy", ["dram", "t.trace", "--config", DRAM],
         rf"{DRAM}:\d+:\d+: energy\.read_pj: is missing, .*",
         lambda root: (write("t.trace", "R 0\n")(root), replace(DRAM, r"  read_pj: .*\n", "")(root))),
    Case("a report of no folder", ["report", "none"], r"none: does not exist, allowed is a folder that .*"),
    Case("a report of a folder without results", ["report", "configs"],
         r"configs: holds nothing to report, allowed is a folder that .*"),
    Case("a report of a file", ["report", EXPERIMENT], rf"{EXPERIMENT}: is not a folder, .*"),
    report("a report of a result that is cut off", '{"schema": "nibblesim-result-1", ',
           r"out/result\.json:1:\d+: is no JSON here, .*"),
    report("a report of another schema", '{"schema": "nibblesim-result-0"}',
           r'out/result\.json: schema: "nibblesim-result-0" is another one, allowed is nibblesim-result-1'),
    report("a report of a result without its parts", '{"schema": "nibblesim-result-1"}',
           r"out/result\.json: lacks a part of its schema: key '\w+' not found, .*"),
    Case("a report into a folder that is not there", ["report", "out", "-o", "none/r.html"],
         rf"none/r\.html: cannot be written \(No such file or directory\), .*|{NO_CHARTS}", finished_run),
    Case("a report in place of a folder", ["report", "out", "-o", "configs"], rf"configs: .*directory.*|{NO_CHARTS}", finished_run),
]

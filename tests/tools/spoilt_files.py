"""How bad_input_cases.py spoils a copy of configs/: each function gives one that takes the folder."""
import json
import math
import re
import struct
import zlib

TRACE = "configs/traces/resnet8_w16_step.safetensors"
WEIGHTS = "configs/traces/resnet8_w16_weights.safetensors"


def replace(file, old, new):
    """Spoils a text file; the old text must be there, or the case would prove nothing."""
    def spoil(root):
        path = root / file
        text = path.read_text()
        if not re.search(old, text):
            raise AssertionError(f"{file} does not hold {old}")
        path.write_text(re.sub(old, new, text, count=1))
    return spoil


def cut(file, keep):
    """Keeps the first bytes of a file: a number, a share below 1, or all but the last if negative."""
    def spoil(root):
        data = (root / file).read_bytes()
        (root / file).write_bytes(data[:int(len(data) * keep) if 0 < keep < 1 else keep])
    return spoil


def flip(file, position):
    """Flips one bit of a file, at a share of its length or from the end."""
    def spoil(root):
        data = bytearray((root / file).read_bytes())
        data[position if position < 0 else int(len(data) * position)] ^= 1
        (root / file).write_bytes(data)
    return spoil


def both(first, second):
    def spoil(root):
        first(root)
        second(root)
    return spoil


def append(file, text):
    return lambda root: (root / file).open("a").write("\n" + text)


def copy(file, target):
    return lambda root: (root / target).write_bytes((root / file).read_bytes())


def remove(file):
    return lambda root: (root / file).unlink()


def write(file, content):
    def spoil(root):
        data = content if isinstance(content, bytes) else content.encode()
        (root / file).write_bytes(data)
    return spoil


def taken_apart(path):
    """Header, document and data of a trace or weight file."""
    data = path.read_bytes()
    size, = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + size])
    return header, json.loads(header["__metadata__"]["nibblesim"]), data[8 + size:]


def put_together(path, header, document, data):
    """Writes it with right checksums: only a check of the meaning can find a fault."""
    text = json.dumps(document)
    header["__metadata__"] |= {"nibblesim": text, "json_crc32": f"{zlib.crc32(text.encode()):08x}",
                               "data_crc32": f"{zlib.crc32(data):08x}"}
    encoded = json.dumps(header).encode()
    encoded += b" " * (-len(encoded) % 8)
    path.write_bytes(struct.pack("<Q", len(encoded)) + encoded + data)


def edit_trace(change):
    """Changes the trace's operation list."""
    def spoil(root):
        header, document, data = taken_apart(root / TRACE)
        change(document, header)
        put_together(root / TRACE, header, document, data)
    return spoil


def unpacked_weights(change):
    """Weights whose 4-bit layers are fp16 zeros, as other formats store theirs; `change` makes them
    those of one."""
    def spoil(root):
        convs = {operation["layer"]: operation["conv"]
                 for operation in taken_apart(root / TRACE)[1]["operations"]}
        header, document, data = taken_apart(root / WEIGHTS)
        tensors = {name: (field, data[slice(*field["data_offsets"])])
                   for name, field in header.items() if name != "__metadata__"}
        for layer in document["layers"]:
            if layer.pop("weight_scale", None) is None:
                continue
            conv = convs[layer["name"]]
            shape = [conv["k"], conv["r"], conv["s"], conv["c"]]
            tensors[layer["weight"]] = ({"dtype": "U16", "shape": shape}, bytes(2 * math.prod(shape)))
        data = b""
        for name, (field, content) in sorted(tensors.items()):
            header[name] = field | {"data_offsets": [len(data), len(data) + len(content)]}
            data += content
        change(document)
        put_together(root / WEIGHTS, header, document, data)
    return spoil


def in_fp8(document):
    for layer in document["layers"]:
        if "precision" in layer:
            layer["precision"] = "fp8"


def spoil_conv(key, value):
    def change(document, _):
        document["operations"][2]["conv"][key] = value
    return edit_trace(change)

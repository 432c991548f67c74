"""ONNX files for tests, as bytes: protobuf by hand, so that no Python package is needed."""

INT, INTS = 2, 7  # attribute types
FLOAT = 1


def varint(value):
    data = b""
    while value > 127:
        data += bytes([value & 127 | 128])
        value >>= 7
    return data + bytes([value])


def message(*fields):
    """Of (number, value) pairs: whole numbers, and bytes of texts or fields inside."""
    data = b""
    for number, value in fields:
        if isinstance(value, int):
            data += varint(number << 3) + varint(value)
        else:
            data += varint(number << 3 | 2) + varint(len(value)) + value
    return data


def attribute(name, value):
    if isinstance(value, int):
        return message((1, name), (3, value), (20, INT))
    return message((1, name), *((8, item) for item in value), (20, INTS))


def node(operator, name, inputs, **attributes):
    """Its output is called as the node."""
    return message(*((1, each) for each in inputs), (2, name), (3, name), (4, operator),
                   *((5, attribute(key.encode(), value)) for key, value in attributes.items()))


def weights(name, *dims):
    """Zeros; only the shape means something."""
    size = 4
    for dim in dims:
        size *= dim
    return message(*((1, dim) for dim in dims), (2, FLOAT), (8, name), (9, bytes(size)))


def value(name, *dims):
    """A graph's input or output: a tensor of floats; a dimension is a size or the bytes of a symbol."""
    shape = message(*((1, message((2 if isinstance(dim, bytes) else 1, dim))) for dim in dims))
    return message((1, name), (2, message((1, message((1, FLOAT), (2, shape))))))


def model(nodes, initializers, graph_input, output, ir=7, opset=13):
    graph = message(*((1, each) for each in nodes), (2, b"g"),
                    *((5, each) for each in initializers), (11, graph_input),
                    (12, message((1, output))))
    return message((1, ir), (7, graph), (8, message((2, opset))))


def small_cnn():
    """Three convolutions and a classifier on 32x32 images, one of each batch."""
    nodes, initializers, before, channels = [], [], b"image", 3
    for index, filters in enumerate((16, 32, 64)):
        name = b"conv%d" % (index + 1)
        initializers.append(weights(name + b".weight", filters, channels, 3, 3))
        nodes.append(node(b"Conv", name, [before, name + b".weight"], kernel_shape=[3, 3],
                          pads=[1, 1, 1, 1], strides=[1 + (index > 0)] * 2))
        before, channels = b"relu%d" % (index + 1), filters
        nodes.append(node(b"Relu", before, [name]))
    nodes.append(node(b"GlobalAveragePool", b"pool", [before]))
    nodes.append(node(b"Flatten", b"flat", [b"pool"]))
    initializers.append(weights(b"fc.weight", channels, 10))
    nodes.append(node(b"Gemm", b"fc", [b"flat", b"fc.weight"]))
    return model(nodes, initializers, value(b"image", 1, 3, 32, 32), b"fc")

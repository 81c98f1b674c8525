"""Holds exported networks to `frostline predict`: python check.py FOLDER PREDICTIONS.

FOLDER holds uint8.onnx, float32.onnx and model.safetensors, exported from one run; PREDICTIONS is what
`frostline predict --top-k 99 --format json` printed. Prints the largest difference of each runtime; fails above TOLERANCE.
"""

import json
import os
import sys

import numpy as np
import onnx
import onnxruntime
import openvino
from PIL import Image

# Probabilities that other runtimes compute differ by the rounding of f32 sums over some thousand products.
TOLERANCE = 1e-5

folder, predictions = sys.argv[1], json.load(open(sys.argv[2]))
model = onnx.load(os.path.join(folder, "uint8.onnx"))
about = {prop.key: prop.value for prop in model.metadata_props}
classes, (height, width) = json.loads(about["classes"]), json.loads(about["target_size"])
filters = {"nearest": Image.NEAREST, "bilinear": Image.BILINEAR, "bicubic": Image.BICUBIC, "lanczos": Image.LANCZOS}


def image(path):
    return np.asarray(Image.open(path).convert("RGB").resize((width, height), filters[about["resize"]]))


images = np.stack([image(row["path"]) for row in predictions])
wanted = np.zeros((len(predictions), len(classes)), np.float32)
for row, out in zip(predictions, wanted):
    for entry in row["top"]:
        out[classes.index(entry["class"])] = entry["probability"]


def hold(name, found):
    difference = float(np.abs(np.asarray(found) - wanted).max())
    print(f"{name}: {difference:.2e}")
    assert found.shape == wanted.shape and difference <= TOLERANCE, name


for name, kind in [("uint8", np.uint8), ("float32", np.float32)]:
    path, inputs = os.path.join(folder, f"{name}.onnx"), images.astype(kind)
    onnx.checker.check_model(path, full_check=True)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    hold(f"ONNX Runtime, {name}", session.run(None, {"image": inputs})[0])
    hold(f"ONNX Runtime, {name}, one by one", np.concatenate([session.run(None, {"image": i[None]})[0] for i in inputs]))
    precise = {"INFERENCE_PRECISION_HINT": "f32"}
    compiled = openvino.Core().compile_model(path, "CPU", precise)
    hold(f"OpenVINO, {name}", compiled(inputs)[0])

os.chdir(folder)
here = os.path.dirname(os.path.abspath(__file__))
exec(open(os.path.join(here, "load.py")).read())
x = images.astype(np.float32)
if about["preprocess"] == "unit":
    x /= 255
elif about["preprocess"] == "caffe":
    x = x[..., ::-1] - np.array([103.939, 116.779, 123.68], np.float32)
else:
    x = (x / 255 - np.array([0.485, 0.456, 0.406], np.float32)) / np.array([0.229, 0.224, 0.225], np.float32)
with torch.no_grad():
    logits = network(torch.from_numpy(np.ascontiguousarray(x.transpose(0, 3, 1, 2))))
if about["output"] == "sigmoid":
    second = torch.sigmoid(logits)
    hold("PyTorch", torch.cat([1 - second, second], 1).numpy())
else:
    hold("PyTorch", torch.softmax(logits, 1).numpy())

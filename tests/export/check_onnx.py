"""Holds exported graphs to `frostline predict`: python check_onnx.py FOLDER PREDICTIONS.

FOLDER holds uint8.onnx and float32.onnx, exported from one run. Prints the largest difference of each runtime; fails above
the tolerance.
"""

import os
import sys

import numpy as np
import onnx
import onnxruntime
import openvino

from wanted import Wanted

folder = sys.argv[1]
model = onnx.load(os.path.join(folder, "uint8.onnx"))
wanted = Wanted({prop.key: prop.value for prop in model.metadata_props})

for name, kind in [("uint8", np.uint8), ("float32", np.float32)]:
    path, inputs = os.path.join(folder, f"{name}.onnx"), wanted.images.astype(kind)
    onnx.checker.check_model(path, full_check=True)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    wanted.hold(f"ONNX Runtime, {name}", session.run(None, {"image": inputs})[0])
    one_by_one = np.concatenate([session.run(None, {"image": image[None]})[0] for image in inputs])
    wanted.hold(f"ONNX Runtime, {name}, one by one", one_by_one)
    precise = {"INFERENCE_PRECISION_HINT": "f32"}
    compiled = openvino.Core().compile_model(path, "CPU", precise)
    wanted.hold(f"OpenVINO, {name}", compiled(inputs)[0])

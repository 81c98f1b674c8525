"""Holds exported tensors to `frostline predict`: python check_torch.py FOLDER PREDICTIONS.

FOLDER holds model.safetensors, which `load.py` (as the README shows it) loads into torchvision's vgg16.
"""

import os
import sys

import numpy as np

from wanted import Wanted

here = os.path.dirname(os.path.abspath(__file__))
sys.argv[2] = os.path.abspath(sys.argv[2])
images_from = os.getcwd()
os.chdir(sys.argv[1])
exec(open(os.path.join(here, "load.py")).read())
os.chdir(images_from)
about = file.metadata()
wanted = Wanted(about)
x = wanted.images.astype(np.float32)
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
    wanted.hold("PyTorch", torch.cat([1 - second, second], 1).numpy())
else:
    wanted.hold("PyTorch", torch.softmax(logits, 1).numpy())

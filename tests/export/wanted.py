"""The images of a prediction, as an exported network takes them, and the probabilities that `frostline predict` gave."""

import json
import os
import sys

import numpy as np
from PIL import Image

# Probabilities that other runtimes compute differ by the rounding of f32 sums over some thousand products.
TOLERANCE = 1e-5
FILTERS = {"nearest": Image.NEAREST, "bilinear": Image.BILINEAR, "bicubic": Image.BICUBIC, "lanczos": Image.LANCZOS}


class Wanted:
    """`about` is the metadata of an exported file; argv[2] what `frostline predict --top-k 99 --format json` printed."""

    def __init__(self, about):
        predictions, classes = json.load(open(sys.argv[2])), json.loads(about["classes"])
        height, width = json.loads(about["target_size"])
        opened = [Image.open(row["path"]).convert("RGB") for row in predictions]
        self.images = np.stack([np.asarray(image.resize((width, height), FILTERS[about["resize"]])) for image in opened])
        self.probabilities = np.zeros((len(predictions), len(classes)), np.float32)
        for row, out in zip(predictions, self.probabilities):
            for entry in row["top"]:
                out[classes.index(entry["class"])] = entry["probability"]

    def hold(self, name, found):
        difference = float(np.abs(np.asarray(found) - self.probabilities).max())
        print(f"{name}: {difference:.2e}")
        assert found.shape == self.probabilities.shape and difference <= TOLERANCE, name

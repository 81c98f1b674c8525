"""Transforms made patterns with Keras' ImageDataGenerator; writes cases.json (parameters, matrices) and pixels.bin
(float32). Run where Keras, SciPy and Pillow are installed (made with 3.15.1, 1.17.1 and 13.0.0)."""

import json
import warnings
from pathlib import Path

warnings.simplefilter("ignore")

import numpy as np
import scipy.ndimage
from keras.src.legacy.preprocessing import image as legacy

HERE = Path(__file__).parent
recorded = []
original = scipy.ndimage.affine_transform


def recording(channel, matrix, offset, **options):
    recorded.append([*matrix[0], offset[0], *matrix[1], offset[1]])
    return original(channel, matrix, offset, **options)


class Interpolation:
    affine_transform = staticmethod(recording)


legacy.scipy.ndimage.interpolation = Interpolation


def noise(height, width):
    """Every byte from its place: the product's high byte, as the Rust test makes it."""
    index = np.arange(height * width * 3, dtype=np.uint64)
    return ((index * 2654435761 % 2**32) >> 24).astype(np.uint8).reshape(height, width, 3)


def smooth(height, width):
    y, x, c = np.mgrid[0:height, 0:width, 0:3]
    return ((y * 7 + x * 5 + c * 40) % 256).astype(np.uint8)


PATTERNS = {"noise": noise, "smooth": smooth}
STILL = dict(theta=0, tx=0, ty=0, shear=0, zx=1, zy=1, flip_horizontal=False, flip_vertical=False,
             channel_shift_intensity=None, brightness=None)
MOVES = {
    "rotation": dict(theta=30.0),
    "quarter turn": dict(theta=90.0),
    "shift": dict(tx=3.3, ty=-4.75),
    "whole shift": dict(tx=-2.0, ty=5.0),
    "shear": dict(shear=0.2),
    "strong shear": dict(shear=-35.0),
    "zoom": dict(zx=0.8123, zy=1.1777),
    "far out": dict(zx=4.5, zy=3.7, tx=5.0),
    "the blog": dict(shear=0.1337, zx=1.17, zy=0.83, flip_horizontal=True),
    "all": dict(theta=-17.0, tx=2.5, ty=1.25, shear=11.0, zx=1.3, zy=0.7, flip_vertical=True),
}
COLOURS = {
    "still": dict(),
    "flips": dict(flip_horizontal=True, flip_vertical=True),
    "shifted channels": dict(channel_shift_intensity=33.25),
    "shifted down": dict(channel_shift_intensity=-71.5, theta=10.0),
    "brighter": dict(brightness=1.37),
    "darker": dict(brightness=0.61, shear=5.0),
    "unchanged brightness": dict(brightness=1.0, zx=0.9),
}

cases, pixels = [], b""


def add(name, size, pattern, fill, cval, changes):
    global pixels
    recorded.clear()
    generator = legacy.ImageDataGenerator(fill_mode=fill, cval=cval, data_format="channels_last")
    parameters = STILL | changes
    out = generator.apply_transform(PATTERNS[pattern](*size).astype("float32"), parameters)
    out = np.ascontiguousarray(out, dtype="<f4")
    assert out.shape == (*size, 3)
    cases.append({"name": name, "size": size, "pattern": pattern, "fill": fill, "cval": cval, **parameters,
                  "matrix": recorded[0] if recorded else None, "offset": len(pixels)})
    pixels += out.tobytes()


for name, changes in MOVES.items():
    for fill in ["nearest", "constant", "reflect", "wrap"]:
        add(name, (11, 14), "noise", fill, 7.0, changes)
for name, changes in COLOURS.items():
    add(name, (11, 14), "smooth", "nearest", 0.0, changes)
add("brighter than white", (11, 14), "smooth", "constant", 300.0, dict(theta=20.0, brightness=0.9))
add("one row", (1, 9), "noise", "reflect", 0.0, dict(tx=1.5, zy=1.2))
add("one pixel", (1, 1), "noise", "wrap", 0.0, dict(theta=45.0, tx=0.5))
add("tall", (40, 3), "noise", "nearest", 0.0, dict(theta=75.0))
(HERE / "cases.json").write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")
(HERE / "pixels.bin").write_bytes(pixels)

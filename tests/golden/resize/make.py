"""Resizes made patterns with Pillow; writes cases.json and pixels.bin. Run where Pillow is installed (made with 13.0.0)."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

HERE = Path(__file__).parent
FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}
# (height, width) to (height, width): shrinking, growing, both, one axis unchanged, single rows and pixels, extremes.
SIZES = [
    ((40, 50), (15, 15)),
    ((50, 40), (15, 16)),
    ((375, 499), (32, 32)),
    ((17, 23), (32, 40)),
    ((61, 13), (20, 20)),
    ((13, 61), (20, 13)),
    ((32, 48), (32, 20)),
    ((48, 32), (20, 32)),
    ((31, 31), (30, 30)),
    ((1, 1), (5, 7)),
    ((1, 2000), (8, 8)),
    ((2000, 1), (8, 8)),
    ((2, 3), (33, 31)),
    ((9, 9), (1, 1)),
]


def noise(height, width):
    """Every byte from its place: the product's high byte, as the Rust test makes it."""
    index = np.arange(height * width * 3, dtype=np.uint64)
    return ((index * 2654435761 % 2**32) >> 24).astype(np.uint8).reshape(height, width, 3)


cases, pixels = [], b""
for source, target in SIZES:
    image = Image.fromarray(noise(*source), "RGB")
    for name, resample in FILTERS.items():
        resized = np.asarray(image.resize(target[::-1], resample))
        cases.append({"source": source, "target": target, "filter": name, "offset": len(pixels)})
        pixels += resized.tobytes()
(HERE / "cases.json").write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")
(HERE / "pixels.bin").write_bytes(pixels)

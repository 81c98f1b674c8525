"""Bottleneck features of two small PNG images, by Keras, from the f16 weights that come with frostline.

    python make.py      (keras 3 with tensorflow-cpu, numpy, pillow, safetensors)

Writes a.png, b.png, and for each preprocessing and size FEATURES-{preprocess}-{size}.f32: the features of both images,
little-endian f32, N x 512 x h x w (channels first, as frostline keeps them), every STRIDE-th value.
"""
from pathlib import Path

import keras
import numpy as np
from PIL import Image
from safetensors.numpy import load_file

HERE = Path(__file__).parent
WEIGHTS = HERE.parent.parent.parent / "weights" / "vgg16-imagenet-notop.f16.safetensors"
CONV_INDEX = [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28]
STRIDE = 7


def images():
    """Two smooth, coloured pictures with edges: what a network has something to say about."""
    y, x = np.mgrid[0:224, 0:224] / 224
    for k, name in enumerate("ab"):
        rng = np.random.default_rng(k)
        rgb = np.zeros((224, 224, 3))
        for c in range(3):
            for _ in range(6):
                fy, fx, phase = rng.uniform(1, 9, 2).tolist() + [rng.uniform(0, 6.28)]
                rgb[..., c] += np.sin(6.28 * (fy * y + fx * x) + phase)
        disc = (y - 0.4 - 0.2 * k) ** 2 + (x - 0.5) ** 2 < 0.06
        rgb[disc] += rng.uniform(-4, 4, 3)
        rgb = (rgb - rgb.min()) / (rgb.max() - rgb.min())
        Image.fromarray((rgb * 255).astype(np.uint8)).quantize(64).convert("RGB").save(HERE / f"{name}.png", optimize=True)


def base(size):
    weights = {k: v.astype("float32") for k, v in load_file(WEIGHTS).items()}
    net = keras.applications.VGG16(include_top=False, weights=None, input_shape=(size, size, 3))
    for layer, i in zip([l for l in net.layers if "conv" in l.name], CONV_INDEX):
        layer.set_weights([weights[f"features.{i}.weight"].transpose(2, 3, 1, 0), weights[f"features.{i}.bias"]])
    return net


images()
for size in (150, 224):
    net = base(size)
    pixels = np.stack([
        keras.utils.img_to_array(keras.utils.load_img(HERE / f"{name}.png", target_size=(size, size), interpolation="bilinear"))
        for name in "ab"
    ])
    for preprocess, x in (("unit", pixels / 255), ("caffe", keras.applications.vgg16.preprocess_input(pixels.copy()))):
        features = net.predict(x.astype("float32"), verbose=0).transpose(0, 3, 1, 2)
        features.reshape(-1)[::STRIDE].astype("<f4").tofile(HERE / f"features-{preprocess}-{size}.f32")
        print(preprocess, size, features.shape, float(np.abs(features).mean()))

"""Ten steps of each optimiser, and losses from logits, by Keras 3 (tensorflow backend).

    python make.py      writes optimizers.json and losses.json
"""
import json
from pathlib import Path

import keras
import numpy as np

HERE = Path(__file__).parent
STEPS, SIZE = 10, 7
rng = np.random.default_rng(0)
start = rng.normal(size=SIZE).astype("float32")
gradients = rng.normal(size=(STEPS, SIZE)).astype("float32")
gradients[:, 0] *= 1e-4  # so small that epsilon matters

OPTIMIZERS = {
    "sgd": (dict(kind="sgd", lr=0.1, momentum=0.0, nesterov=False), lambda: keras.optimizers.SGD(0.1)),
    "sgd momentum": (dict(kind="sgd", lr=0.1, momentum=0.9, nesterov=False), lambda: keras.optimizers.SGD(0.1, momentum=0.9)),
    "sgd nesterov": (dict(kind="sgd", lr=0.1, momentum=0.9, nesterov=True),
                     lambda: keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True)),
    "rmsprop": (dict(kind="rmsprop", lr=1e-2, rho=0.9, eps=1e-7, momentum=0.0), lambda: keras.optimizers.RMSprop(1e-2, rho=0.9, epsilon=1e-7)),
    "rmsprop momentum": (dict(kind="rmsprop", lr=1e-2, rho=0.8, eps=1e-5, momentum=0.7),
                         lambda: keras.optimizers.RMSprop(1e-2, rho=0.8, epsilon=1e-5, momentum=0.7)),
    "adam": (dict(kind="adam", lr=1e-2, beta1=0.9, beta2=0.999, eps=1e-7, weight_decay=0.0), lambda: keras.optimizers.Adam(1e-2)),
    "adamw": (dict(kind="adam", lr=1e-2, beta1=0.8, beta2=0.99, eps=1e-6, weight_decay=0.05),
              lambda: keras.optimizers.AdamW(1e-2, weight_decay=0.05, beta_1=0.8, beta_2=0.99, epsilon=1e-6)),
}

cases = []
for name, (settings, build) in OPTIMIZERS.items():
    optimizer, weights = build(), keras.Variable(start)
    steps = []
    for gradient in gradients:
        optimizer.apply([keras.ops.convert_to_tensor(gradient)], [weights])
        steps.append(np.asarray(weights).astype(float).tolist())
    cases.append(dict(name=name, settings=settings, weights=steps))
json.dump(dict(start=start.astype(float).tolist(), gradients=gradients.astype(float).tolist(), cases=cases),
          open(HERE / "optimizers.json", "w"))

logits = (rng.normal(size=(6, 3)) * 5).astype("float32")
labels = np.array([0, 2, 1, 1, 0, 2])
binary = logits[:, 0]
binary_labels = np.array([0, 1, 1, 0, 1, 0])
extreme = np.array([90, -90, 30, -30, 0, 1e-3], dtype="float32")
bce = lambda z, y: keras.losses.binary_crossentropy(y[:, None].astype("float32"), z[:, None], from_logits=True)
json.dump(dict(
    softmax=dict(logits=logits.astype(float).ravel().tolist(), labels=labels.tolist(),
                 losses=np.asarray(keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True)).astype(float).tolist()),
    binary=[dict(logits=z.astype(float).tolist(), labels=binary_labels.tolist(), losses=np.asarray(bce(z, binary_labels)).astype(float).tolist())
            for z in (binary, extreme)],
), open(HERE / "losses.json", "w"))

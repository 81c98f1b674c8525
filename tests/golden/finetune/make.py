"""Two epochs of fine-tuning block 5 and a top in PyTorch, on fixed batches, without dropout. Writes losses.json.

Run from the repository's root: python tests/golden/finetune/make.py
"""
import json, pathlib
import numpy as np, torch
from safetensors.torch import load_file


def noise(salt, *shape):
    """Numbers that are the same in any language: a multiplicative hash, in [-0.5, 0.5)."""
    index = np.arange(int(np.prod(shape)), dtype=np.uint64)
    hashed = ((index + np.uint64(salt)) * np.uint64(2654435761)) % np.uint64(2**32)
    return torch.tensor((hashed.astype(np.float64) / 2**32 - 0.5).astype(np.float32).reshape(shape))


def run(kind, classes):
    weights = load_file("weights/vgg16-imagenet-notop.f16.safetensors")
    convs = [torch.nn.Conv2d(512, 512, 3, padding=1) for _ in range(3)]
    for conv, place in zip(convs, (24, 26, 28)):
        conv.weight.data = weights[f"features.{place}.weight"].float()
        conv.bias.data = weights[f"features.{place}.bias"].float()
    outputs = 1 if classes == 2 else classes
    dense = [torch.nn.Linear(512 * 2 * 2, 16), torch.nn.Linear(16, outputs)]
    for salt, layer in enumerate(dense):
        layer.weight.data = noise(1000 + salt, *layer.weight.shape) * 0.1
        layer.bias.data.zero_()
    parts = [m for conv in convs for m in (conv, torch.nn.ReLU())]
    net = torch.nn.Sequential(*parts, torch.nn.MaxPool2d(2), torch.nn.Flatten(), dense[0], torch.nn.ReLU(), dense[1])
    if kind == "sgd":
        optimizer = torch.optim.SGD(net.parameters(), lr=1e-3, momentum=0.9)
    else:
        optimizer = torch.optim.Adam(net.parameters(), lr=1e-5, eps=1e-7)
    losses = []
    for _ in range(2):
        for batch in range(3):
            x = (noise(7 + batch, 4, 512, 4, 4) * 60).clamp(min=0)
            labels = torch.arange(4) % classes
            logits = net(x)
            if classes == 2:
                loss = torch.nn.functional.binary_cross_entropy_with_logits(logits[:, 0], labels.float())
            else:
                loss = torch.nn.functional.cross_entropy(logits, labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses


torch.manual_seed(0)
golden = {"sgd_2": run("sgd", 2), "sgd_3": run("sgd", 3)}
pathlib.Path(__file__).with_name("losses.json").write_text(json.dumps(golden, indent=1) + "\n")
print(golden)

"""VGG16's trunk and fine-tuning in PyTorch, as `engine.rs` measures frostline: random images that lie in the host's memory.

Prints a CSV line a measurement: peer,what,size,batch,images_per_second. Needs torch and nothing else.
"""
import argparse
import time

import torch
from torch import nn

CHANNELS = [64, 64, "M", 128, 128, "M", 256, 256, 256, "M", 512, 512, 512, "M", 512, 512, 512, "M"]
BLOCK_5 = 24  # its place among the layers
RUNS = 3


def trunk():
    layers, channels = [], 3
    for width in CHANNELS:
        if width == "M":
            layers.append(nn.MaxPool2d(2))
        else:
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
            channels = width
    return nn.Sequential(*layers)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--size", type=int, default=150)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--batches", type=int, default=8)
    a = parser.parse_args()
    on_gpu = a.device.startswith("cuda")
    torch.manual_seed(0)
    torch.backends.cudnn.benchmark = True
    images = torch.empty(a.batch, 3, a.size, a.size).uniform_(-120, 120)
    labels = (torch.arange(a.batch) % 2).float()[:, None].to(a.device)

    def report(peer, what, act):
        def timed():
            begun = time.perf_counter()
            for _ in range(a.batches):
                act()
            if on_gpu:
                torch.cuda.synchronize()
            return time.perf_counter() - begun

        act()
        best = min(timed() for _ in range(RUNS))
        print(f"{peer},{what},{a.size},{a.batch},{a.batch * a.batches / best:.1f}", flush=True)

    # TF32 rounds products to 10 bits; frostline computes in f32.
    for name, tf32 in [("f32", False), ("TF32", True)] if on_gpu else [("f32", False)]:
        torch.backends.cudnn.allow_tf32 = tf32
        torch.backends.cuda.matmul.allow_tf32 = tf32
        peer = f"PyTorch {a.device} {name}"
        base = trunk().to(a.device).requires_grad_(False)
        with torch.no_grad():
            report(peer, "extraction", lambda: base(images.to(a.device)).cpu())

        frozen, block = base[:BLOCK_5], base[BLOCK_5:].requires_grad_(True)
        side = a.size // 32
        head = nn.Sequential(
            nn.Flatten(), nn.Linear(512 * side * side, 256), nn.ReLU(), nn.Dropout(0.5), nn.Linear(256, 1)
        ).to(a.device)
        optimizer = torch.optim.SGD([*block.parameters(), *head.parameters()], lr=1e-4, momentum=0.9)

        def step():
            with torch.no_grad():
                activations = frozen(images.to(a.device))
            optimizer.zero_grad()
            loss = nn.functional.binary_cross_entropy_with_logits(head(block(activations)), labels)
            loss.backward()
            optimizer.step()
            loss.item()

        report(peer, "fine_tuning", step)


main()

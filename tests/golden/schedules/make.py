"""Learning rates of Keras' CosineDecay and PyTorch's OneCycleLR, four epochs of five steps. Writes schedules.json."""
import json, pathlib
import keras, torch

cosine = keras.optimizers.schedules.CosineDecay(0.1, decay_steps=20, alpha=1e-3 / 0.1)
optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.02)
cycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.5, total_steps=20, pct_start=0.3, div_factor=0.5 / 0.02)
rates = []
for _ in range(20):
    rates.append(optimizer.param_groups[0]["lr"])
    optimizer.step()
    cycle.step()
out = {"cosine": [float(cosine(i)) for i in range(20)], "one_cycle": rates}
pathlib.Path(__file__).with_name("schedules.json").write_text(json.dumps(out) + "\n")

import json
import torch
from safetensors import safe_open
from torchvision.models import vgg16

file, network, modules = safe_open("model.safetensors", "pt"), vgg16(weights=None), []
classes, word = json.loads(file.metadata()["classes"]), file.metadata()["activation"]
activation = getattr(torch.nn, {"linear": "Identity", "relu": "ReLU", "elu": "ELU"}.get(word, word.title()))
dense = [name for name in file.keys() if name.startswith("classifier.") and name.endswith(".weight")]
for name in sorted(dense, key=lambda name: int(name.split(".")[1])):
    modules += [torch.nn.Linear(*file.get_slice(name).get_shape()[::-1]), activation(), torch.nn.Dropout()]
network.avgpool, network.classifier = torch.nn.Identity(), torch.nn.Sequential(*modules[:-2])
network.load_state_dict({name: file.get_tensor(name) for name in file.keys()})
network = network.eval()

import json
import torch
from safetensors import safe_open
from torchvision.models import vgg16

file, network = safe_open("model.safetensors", "pt"), vgg16(weights=None)
first, last = (file.get_slice(f"classifier.{layer}.weight").get_shape() for layer in (0, 3))
network.classifier = torch.nn.Sequential(
    torch.nn.Linear(*first[::-1]), torch.nn.ReLU(), torch.nn.Dropout(), torch.nn.Linear(*last[::-1]))
network.avgpool = torch.nn.Identity()
network.load_state_dict({name: file.get_tensor(name) for name in file.keys()})
network, classes = network.eval(), json.loads(file.metadata()["classes"])

"""Writes one small VGG16 base (channels 3-2-3-4-3-5-4-...) through every framework whose files frostline imports.

Needs torch, keras (on TensorFlow or PyTorch), h5py, onnx, onnxscript, safetensors, numpy. All files hold the same values, each exact in bf16 (and so in
f16), but for the batch-normalised ones; `reference*.safetensors` have them as frostline must give them: OIHW, torchvision's
names. Run it in this folder: `python make.py`.
"""

import os
import zipfile

os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import h5py
import keras
import numpy as np
import onnx
import safetensors.torch
import torch
from keras import layers
from onnx import TensorProto, helper, numpy_helper

CHANNELS = [3, 2, 3, 4, 3, 5, 4, 5, 6, 5, 6, 5, 6, 4]
POOL_AFTER = [2, 4, 7, 10, 13]
rng = np.random.default_rng(7)


def bf16(values):
    return torch.tensor(values, dtype=torch.float32).bfloat16().float().numpy()


WEIGHTS = [bf16(rng.normal(0, 0.3, (o, i, 3, 3))) for i, o in zip(CHANNELS, CHANNELS[1:])]
BIASES = [bf16(rng.normal(0, 0.3, o)) for o in CHANNELS[1:]]


def blocks():
    """(block, place) of each convolution, from 1."""
    block, place = 1, 0
    for at in range(1, 14):
        place += 1
        yield block, place
        if at in POOL_AFTER:
            block, place = block + 1, 0


def torch_network(normalised=False, classes=5):
    modules = []
    for at, (i, o) in enumerate(zip(CHANNELS, CHANNELS[1:]), 1):
        modules += [torch.nn.Conv2d(i, o, 3, padding=1)]
        modules += [torch.nn.BatchNorm2d(o)] if normalised else []
        modules += [torch.nn.ReLU()]
        modules += [torch.nn.MaxPool2d(2)] if at in POOL_AFTER else []
    network = torch.nn.Module()
    network.features = torch.nn.Sequential(*modules)
    network.classifier = torch.nn.Sequential(torch.nn.Linear(4, 6), torch.nn.ReLU(), torch.nn.Dropout(), torch.nn.Linear(6, classes))
    convolutions = [m for m in modules if isinstance(m, torch.nn.Conv2d)]
    with torch.no_grad():
        for conv, weight, bias in zip(convolutions, WEIGHTS, BIASES):
            conv.weight.copy_(torch.tensor(weight))
            conv.bias.copy_(torch.tensor(bias))
        for norm in (m for m in modules if isinstance(m, torch.nn.BatchNorm2d)):
            for values, low, high in [(norm.weight, 0.5, 1.5), (norm.bias, -1, 1), (norm.running_mean, -1, 1), (norm.running_var, 0.5, 2)]:
                values.copy_(torch.tensor(rng.uniform(low, high, values.shape[0])))
    return network.eval()


def folded(network):
    """Convolutions with their batch normalisation folded in, computed in f64."""
    tensors, modules = {}, list(network.features)
    plain = [index for index, module in enumerate(torch_network().features) if isinstance(module, torch.nn.Conv2d)]
    pairs = [(m, n) for m, n in zip(modules, modules[1:]) if isinstance(m, torch.nn.Conv2d)]
    for index, (conv, norm) in zip(plain, pairs):
        scale = norm.weight.double() / torch.sqrt(norm.running_var.double() + norm.eps)
        tensors[f"features.{index}.weight"] = (conv.weight.double() * scale[:, None, None, None]).float().contiguous()
        tensors[f"features.{index}.bias"] = ((conv.bias.double() - norm.running_mean.double()) * scale + norm.bias.double()).float()
    return {name: tensor.detach() for name, tensor in tensors.items()}


def write_torch():
    network = torch_network()
    state = network.state_dict()
    torch.save(state, "torch-zip.pth")
    torch.save(state, "torch-pickle.pth", _use_new_zipfile_serialization=False)
    half = {name: tensor.half() for name, tensor in state.items()}
    torch.save({"epoch": 3, "lr": 0.1, "state_dict": {f"module.{k}": v for k, v in half.items()}}, "torch-checkpoint-f16.pt")
    last = {name: tensor.bfloat16() for name, tensor in state.items()}
    last = {n: t.to(memory_format=torch.channels_last) if t.ndim == 4 else t for n, t in last.items()}
    torch.save(last, "torch-channels-last-bf16.pth")
    torch.save(network.features.state_dict(), "torch-features-only.pth")
    torch.save(torch.nn.Sequential(*network.features), "torch-whole-module.pth")
    safetensors.torch.save_file({n: t for n, t in state.items() if n.startswith("features")}, "reference.safetensors")
    timm = {n: t for n, t in half.items() if n.startswith("features")}
    timm |= {"pre_logits.fc1.weight": torch.zeros(6, 4, 1, 1).half(), "head.fc.weight": torch.zeros(5, 6).half()}
    safetensors.torch.save_file(timm, "timm-f16.safetensors")
    normalised = torch_network(normalised=True)
    torch.save(normalised.state_dict(), "torch-bn.pth")
    safetensors.torch.save_file(folded(normalised), "reference-bn.safetensors")
    return normalised


def keras_base(names=True):
    value = image = keras.Input((32, 32, 3))
    for (block, place), channels, at in zip(blocks(), CHANNELS[1:], range(1, 14)):
        name = f"block{block}_conv{place}" if names else None
        value = layers.Conv2D(channels, 3, padding="same", activation="relu", name=name)(value)
        if at in POOL_AFTER:
            value = layers.MaxPooling2D(2, name=f"block{block}_pool" if names else None)(value)
    model = keras.Model(image, value, name="vgg16")
    convolutions = [layer for layer in model.layers if isinstance(layer, layers.Conv2D)]
    for layer, weight, bias in zip(convolutions, WEIGHTS, BIASES):
        layer.set_weights([weight.transpose(2, 3, 1, 0), bias])
    return model


def with_top(base):
    return keras.Sequential([keras.Input((32, 32, 3)), base, layers.Flatten(), layers.Dense(6), layers.BatchNormalization(), layers.Dense(1, activation="sigmoid")])


def write_keras():
    base = keras_base()
    base.save_weights("keras3.weights.h5")
    base.save("keras3-legacy.h5")
    whole = with_top(keras_base())
    whole.compile("sgd", "binary_crossentropy")
    whole.fit(np.zeros((2, 32, 32, 3)), np.zeros((2, 1)), epochs=1, verbose=0)
    for layer, weight, bias in zip([l for l in whole.layers[0].layers if isinstance(l, layers.Conv2D)], WEIGHTS, BIASES):
        layer.set_weights([weight.transpose(2, 3, 1, 0), bias])
    whole.save("keras3-top.keras")
    whole.save("keras3-top-legacy.h5")
    keras.backend.clear_session()
    unnamed = with_top(keras_base(names=False))
    unnamed.save_weights("keras3-unnamed.weights.h5")
    with h5py.File("keras3-unnamed.weights.h5", "r+") as file:  # as Keras 3.0 wrote it: no names at all
        file.visititems(lambda _, node: [node.attrs.__delitem__(key) for key in list(node.attrs)])


def write_legacy_keras():
    # As the published vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5 is laid out.
    with h5py.File("keras1-notop.h5", "w") as file:
        names = [f"block{b}_conv{p}" for b, p in blocks()]
        pools = [f"block{b}_pool" for b in range(1, 6)]
        file.attrs["layer_names"] = np.array(["input_1", *names, *pools], dtype="S")
        file.attrs["backend"] = np.bytes_("tensorflow")
        for name, weight, bias in zip(names, WEIGHTS, BIASES):
            group = file.create_group(name)
            group.attrs["weight_names"] = np.array([f"{name}_W_1:0", f"{name}_b_1:0"], dtype="S")
            group[f"{name}_W_1:0"], group[f"{name}_b_1:0"] = weight.transpose(2, 3, 1, 0), bias
        for pool in pools:
            file.create_group(pool).attrs["weight_names"] = np.array([], dtype="S1")
    # As Keras 2 wrote it, with gzip, and f16.
    with h5py.File("keras2-gzip-f16.h5", "w") as file:
        root = file.create_group("model_weights")
        root.attrs["backend"] = np.bytes_("tensorflow")
        for (b, p), weight, bias in zip(blocks(), WEIGHTS, BIASES):
            name = f"block{b}_conv{p}"
            group = root.create_group(f"{name}/{name}")
            group.create_dataset("kernel:0", data=weight.transpose(2, 3, 1, 0).astype("f2"), compression="gzip", shuffle=True, chunks=True)
            group["bias:0"] = bias.astype("f2")
    # The blog's own file: Theano's layout and kernels, layers counted with padding and pooling.
    with h5py.File("theano-layers.h5", "w") as file:
        file.attrs["nb_layers"] = 37
        at = 0
        for index, (weight, bias) in enumerate(zip(WEIGHTS, BIASES), 1):
            file.create_group(f"layer_{at}").attrs["nb_params"] = 0
            group = file.create_group(f"layer_{at + 1}")
            group["param_0"], group["param_1"] = weight[:, :, ::-1, ::-1], bias
            at += 3 if index in POOL_AFTER else 2


def onnx_graph(name, convolution, before=(), data="image", constants=(), head=True, opset=17):
    nodes, tensors, value = list(before), list(constants), data
    for at in range(1, 14):
        value = convolution(at, value, nodes, tensors)
        nodes.append(helper.make_node("Relu", [value], [f"relu{at}"]))
        value = f"relu{at}"
        if at in POOL_AFTER:
            nodes.append(helper.make_node("MaxPool", [value], [f"pool{at}"], kernel_shape=[2, 2], strides=[2, 2]))
            value = f"pool{at}"
    if head:
        nodes.append(helper.make_node("Shape", [value], ["shape"]))
        nodes.append(helper.make_node("GlobalAveragePool", [value], ["pooled"]))
        value = "pooled"
    shape = ["N", 32, 32, 3] if before else ["N", 3, 32, 32]
    graph = helper.make_graph(
        nodes, name, [helper.make_tensor_value_info("image", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(value, TensorProto.FLOAT, ["N", CHANNELS[-1], 1, 1])], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    onnx.checker.check_model(model)
    return model


def write_onnx(normalised):
    def plain(at, value, nodes, tensors):
        tensors += [numpy_helper.from_array(WEIGHTS[at - 1], f"w{at}"), numpy_helper.from_array(BIASES[at - 1], f"b{at}")]
        nodes.append(helper.make_node("Conv", [value, f"w{at}", f"b{at}"], [f"conv{at}"], kernel_shape=[3, 3], pads=[1, 1, 1, 1]))
        return f"conv{at}"

    def constants(at, value, nodes, tensors):
        # f16 constants behind casts, the bias added by a node of its own, and float_data instead of raw bytes.
        weight = numpy_helper.from_array(WEIGHTS[at - 1].astype("f2"))
        bias = helper.make_tensor(f"b{at}", TensorProto.FLOAT, [1, CHANNELS[at], 1, 1], BIASES[at - 1])
        nodes.append(helper.make_node("Constant", [], [f"half{at}"], value=weight))
        nodes.append(helper.make_node("Cast", [f"half{at}"], [f"w{at}"], to=TensorProto.FLOAT))
        nodes.append(helper.make_node("Conv", [value, f"w{at}"], [f"raw{at}"], auto_pad="SAME_UPPER", name=f"Conv_{at}"))
        nodes.append(helper.make_node("Add", [f"raw{at}", f"b{at}"], [f"conv{at}"]))
        tensors.append(bias)
        return f"conv{at}"

    onnx.save(onnx_graph("plain", plain), "onnx-plain.onnx")
    mean = numpy_helper.from_array(np.array([103.939, 116.779, 123.68], "f4"), "mean")
    order = numpy_helper.from_array(np.array([2, 1, 0], "i8"), "order")
    before = [helper.make_node("Gather", ["image", "order"], ["bgr"], axis=3), helper.make_node("Sub", ["bgr", "mean"], ["centred"]),
              helper.make_node("Transpose", ["centred"], ["nchw"], perm=[0, 3, 1, 2])]
    onnx.save(onnx_graph("constants", constants, before, "nchw", [mean, order]), "onnx-constants-f16.onnx")

    convs = [m for m in normalised.features if isinstance(m, torch.nn.Conv2d)]
    norms = [m for m in normalised.features if isinstance(m, torch.nn.BatchNorm2d)]

    def batch_norm(at, value, nodes, tensors):
        value, norm = plain(at, value, nodes, tensors), norms[at - 1]
        parts = {"scale": norm.weight, "shift": norm.bias, "mean": norm.running_mean, "var": norm.running_var}
        tensors += [numpy_helper.from_array(part.detach().numpy(), f"{key}{at}") for key, part in parts.items()]
        nodes.append(helper.make_node("BatchNormalization", [value, *(f"{key}{at}" for key in parts)], [f"norm{at}"], epsilon=norm.eps))
        return f"norm{at}"

    onnx.save(onnx_graph("bn", batch_norm), "onnx-bn.onnx")
    external = onnx_graph("plain", plain)
    onnx.save(external, "onnx-external.onnx", save_as_external_data=True, location="dropped.bin", size_threshold=0)
    os.remove("dropped.bin")
    assert len(convs) == 13


def keras_normalised(after, biases=True, epsilon=1e-3, scale=True, activated=False, head=False):
    """A base with batch normalisation after some convolutions (from 1), and what it is, folded."""
    chance, tensors = np.random.default_rng(8), {}
    value = image = keras.Input((32, 32, 3))
    pairs = []
    for at, channels in enumerate(CHANNELS[1:], 1):
        normed = at in after
        conv = layers.Conv2D(channels, 3, padding="same", use_bias=biases or not normed, activation="relu" if activated else None)
        value = conv(value)
        norm = layers.BatchNormalization(epsilon=epsilon, scale=scale) if normed else None
        value = layers.ReLU()(norm(value) if normed else value)
        if at in POOL_AFTER:
            value = layers.MaxPooling2D(2)(value)
        pairs.append((conv, norm))
    if head:
        value = layers.Dense(1)(layers.BatchNormalization()(layers.Flatten()(value)))
    model = keras.Model(image, value)
    places = [index for index, module in enumerate(torch_network().features) if isinstance(module, torch.nn.Conv2d)]
    for (conv, norm), weight, bias, place in zip(pairs, WEIGHTS, BIASES, places):
        conv.set_weights([weight.transpose(2, 3, 1, 0)] + ([bias] if conv.use_bias else []))
        kept, shift = weight.astype("f8"), (bias if conv.use_bias else np.zeros_like(bias)).astype("f8")
        if norm:
            width = len(bias)
            gamma = [chance.uniform(0.5, 1.5, width).astype("f4")] if scale else []
            beta, mean, variance = (chance.uniform(low, high, width).astype("f4") for low, high in [(-1, 1), (-1, 1), (0.5, 2)])
            norm.set_weights([*gamma, beta, mean, variance])
            factor = (gamma[0] if scale else np.ones(width)) / np.sqrt(variance.astype("f8") + epsilon)
            kept, shift = kept * factor[:, None, None, None], (shift - mean) * factor + beta
        for part, values in [("weight", kept), ("bias", shift)]:
            tensors[f"features.{place}.{part}"] = torch.tensor(np.ascontiguousarray(values.astype("f4")))
    return model, tensors


def write_keras_normalised():
    everywhere, some = range(1, 14), [1, 3, 4, 7, 13]
    keras.backend.clear_session()
    model, tensors = keras_normalised(everywhere)
    model.save_weights("keras3-bn.weights.h5")
    safetensors.torch.save_file(tensors, "reference-keras-bn.safetensors")
    keras.backend.clear_session()
    model, tensors = keras_normalised(some, biases=False, epsilon=1e-2, scale=False, head=True)
    model.save("keras3-bn-some.keras")
    model.save("keras3-bn-some-legacy.h5")
    model.save_weights("keras3-bn-some.weights.h5")
    safetensors.torch.save_file(tensors, "reference-keras-bn-some.safetensors")
    keras.backend.clear_session()
    keras_normalised(everywhere, activated=True)[0].save("keras3-bn-after-relu.keras")


def write_onnx_rgb():
    """Caffe's mean taken off RGB, and a first convolution that expects RGB."""
    def convolution(at, value, nodes, tensors):
        weight = WEIGHTS[0][:, ::-1].copy() if at == 1 else WEIGHTS[at - 1]
        tensors += [numpy_helper.from_array(weight, f"w{at}"), numpy_helper.from_array(BIASES[at - 1], f"b{at}")]
        nodes.append(helper.make_node("Conv", [value, f"w{at}", f"b{at}"], [f"conv{at}"], kernel_shape=[3, 3], pads=[1, 1, 1, 1]))
        return f"conv{at}"

    mean = numpy_helper.from_array(np.array([123.68, 116.779, 103.939], "f4"), "mean")
    before = [helper.make_node("Sub", ["image", "mean"], ["centred"]), helper.make_node("Transpose", ["centred"], ["nchw"], perm=[0, 3, 1, 2])]
    onnx.save(onnx_graph("rgb", convolution, before, "nchw", [mean]), "onnx-caffe-rgb.onnx")


def write_torch_export():
    """As torch.onnx.export writes a graph by default: large tensors in a file of their own."""
    torch.onnx.export(torch_network().features.eval(), (torch.zeros(1, 3, 32, 32),), "torch-export.onnx", dynamo=True)
    assert os.path.exists("torch-export.onnx.data")


def write_numbers():
    """Keras 3 in bfloat16, floats whose bytes are turned round, and a flat model of Keras 2 with its top."""
    keras.backend.clear_session()
    keras.config.set_dtype_policy("bfloat16")
    keras_base().save_weights("keras3-bf16.weights.h5")
    keras.config.set_dtype_policy("float32")
    with h5py.File("keras2-top-big-endian.h5", "w") as file:
        tensors = {f"block{b}_conv{p}": (w.transpose(2, 3, 1, 0), v) for (b, p), w, v in zip(blocks(), WEIGHTS, BIASES)}
        tensors |= {"fc1": (np.zeros((4, 6)), np.zeros(6)), "fc2": (np.zeros((6, 6)), np.zeros(6))}
        tensors |= {"predictions": (np.zeros((6, 5)), np.zeros(5))}
        file.attrs["layer_names"] = np.array(list(tensors), dtype="S")
        for name, (kernel, bias) in tensors.items():
            group = file.create_group(name)
            group[f"{name}/kernel:0"], group[f"{name}/bias:0"] = kernel.astype(">f4"), bias.astype(">f4")


write_torch_result = write_torch()
write_keras()
write_keras_normalised()
write_numbers()
write_onnx_rgb()
write_torch_export()
write_legacy_keras()
write_onnx(write_torch_result)

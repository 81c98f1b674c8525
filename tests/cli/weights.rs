//! Other people's weights: import, list, verify.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::Path;

use frostline::net::Activation;
use frostline::weights::{
    self, Convolution, Dense, Element, ImageInput, Imported, Named, Preprocess, TrainedNetwork, encode_safetensors,
    export_onnx,
};
use hdf5_pure::FileBuilder;
use serde_json::Value;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::project::{Project, Ran};

/// Convolutions of each block.
const BLOCKS: [usize; 5] = [2, 2, 3, 3, 3];
/// Where torchvision's `features` has its convolutions.
const PLACES: [usize; 13] = [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28];

fn shipped() -> Imported {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/weights/vgg16-imagenet-notop.f16.safetensors");
    weights::read_vgg16(Path::new(path)).expect("the weights that ship are whole")
}

/// Runs the binary with a cache folder of the project's own.
pub fn frostline(project: &Project, arguments: &[&str]) -> Ran {
    let mut command = project.command(&[&["weights"], arguments].concat());
    Ran::of(command.env("XDG_CACHE_HOME", project.path("cache")).output().expect("the binary starts"))
}

/// A table that a verb prints as JSON.
pub fn rows(ran: &Ran) -> Vec<Value> {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.stdout))
}

/// As Keras 1 wrote `vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5`: kernels are height x width x inputs x outputs.
fn write_keras(path: &Path, layers: &[Convolution]) {
    let names = BLOCKS
        .iter()
        .enumerate()
        .flat_map(|(block, &count)| (0..count).map(move |place| format!("block{}_conv{}", block + 1, place + 1)));
    let mut file = FileBuilder::new();
    for (name, layer) in names.zip(layers) {
        let (inputs, outputs) = (layer.inputs, layer.outputs);
        let kernel: Vec<f32> = (0..9)
            .flat_map(|at| (0..inputs).flat_map(move |input| (0..outputs).map(move |output| (at, input, output))))
            .map(|(at, input, output)| layer.weights[(output * inputs + input) * 9 + at])
            .collect();
        let mut group = file.create_group(&name);
        let shape = [3, 3, inputs as u64, outputs as u64];
        group.create_dataset(&format!("{name}_W_1:0")).with_f32_data(&kernel).with_shape(&shape);
        group.create_dataset(&format!("{name}_b_1:0")).with_f32_data(&layer.bias).with_shape(&[outputs as u64]);
        file.add_group(group.finish());
    }
    file.write(path).expect("it can be written");
}

/// Every tensor under torchvision's name.
fn named(layers: &[Convolution]) -> Vec<Named<'_>> {
    let tensors = layers.iter().zip(PLACES).flat_map(|(layer, place)| {
        let shape = vec![layer.outputs, layer.inputs, 3, 3];
        let weight = Named { name: format!("features.{place}.weight"), shape, values: &layer.weights };
        [weight, Named { name: format!("features.{place}.bias"), shape: vec![layer.outputs], values: &layer.bias }]
    });
    tensors.collect()
}

/// As `torch.save(state_dict)` has written since 1.6: an archive of a pickle and a file for each storage.
fn write_torch(path: &Path, layers: &[Convolution]) {
    let mut archive = ZipWriter::new(File::create(path).expect("it can be made"));
    let mut put = |name: &str, bytes: &[u8]| {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        archive.start_file(format!("archive/{name}"), options).expect("it begins");
        archive.write_all(bytes).expect("it can be written");
    };
    let text = |text: &str| [b"X", &(text.len() as u32).to_le_bytes()[..], text.as_bytes()].concat();
    let number = |number: usize| [b"J", &(number as u32).to_le_bytes()[..]].concat();
    let numbers =
        |numbers: &[usize]| [b"(", &numbers.iter().flat_map(|&it| number(it)).collect::<Vec<_>>()[..], b"t"].concat();
    let mut pickle = b"\x80\x02ccollections\nOrderedDict\n)R(".to_vec();
    for (key, tensor) in named(layers).iter().enumerate() {
        let strides: Vec<usize> = (1..=tensor.shape.len()).map(|at| tensor.shape[at..].iter().product()).collect();
        let key = key.to_string();
        pickle.extend(text(&tensor.name));
        pickle.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((");
        pickle.extend([text("storage"), b"ctorch\nFloatStorage\n".to_vec(), text(&key), text("cpu")].concat());
        pickle.extend([&number(tensor.values.len())[..], b"tQK\x00"].concat());
        pickle.extend([numbers(&tensor.shape), numbers(&strides)].concat());
        pickle.extend(b"\x89ccollections\nOrderedDict\n)RtR");
        put(&format!("data/{key}"), &tensor.values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>());
    }
    pickle.extend(b"u.");
    put("data.pkl", &pickle);
    put("byteorder", b"little");
    put("version", b"3\n");
    archive.finish().expect("it can be ended");
}

/// As timm has it: f32, and a head that is no part of the base.
fn write_safetensors(path: &Path, layers: &[Convolution]) {
    let mut tensors = named(layers);
    tensors.push(Named { name: "head.fc.bias".to_owned(), shape: vec![2], values: &[0.5, 0.25] });
    std::fs::write(path, encode_safetensors(&BTreeMap::new(), &tensors, Element::F32)).expect("it can be written");
}

/// A graph from image to probabilities, as `frostline export` writes it.
fn write_onnx(path: &Path, layers: &[Convolution]) {
    let network = TrainedNetwork {
        convolutions: layers.to_vec(),
        dense: vec![Dense { inputs: 512, outputs: 1, weights: vec![0.5; 512], bias: vec![0.25] }],
        activation: Activation::Relu,
        classes: vec!["cats".to_owned(), "dogs".to_owned()],
        preprocess: Preprocess::Caffe,
        size: [32, 32],
        metadata: BTreeMap::new(),
    };
    std::fs::write(path, export_onnx(&network, ImageInput::Uint8)).expect("it can be written");
}

/// A file, what the verbs call its form, and who writes it.
type Form = (&'static str, &'static str, fn(&Path, &[Convolution]));

/// All forms.
const FORMS: [Form; 4] = [
    ("keras.h5", "Keras HDF5", write_keras),
    ("graph.onnx", "ONNX graph", write_onnx),
    ("timm.safetensors", "safetensors", write_safetensors),
    ("torch.pth", "PyTorch checkpoint", write_torch),
];

#[test]
fn weights_of_every_form_are_imported_listed_and_verified_and_damage_is_found() {
    let (project, shipped) = (Project::new(), shipped());
    for (name, form, write) in FORMS {
        write(&project.path(name), &shipped.convolutions);
        let ran = frostline(&project, &["import", name]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert!(ran.stderr.starts_with(&format!("{form}: Oxford VGG")), "{}", ran.stderr);
        let stem = name.split('.').next().expect("a stem");
        assert_eq!(ran.stdout, format!("weights/{stem}.safetensors\n"));
        let imported = weights::read_vgg16(&project.path(ran.stdout.trim())).expect("what was imported is whole");
        assert!(imported.convolutions == shipped.convolutions, "{name}: values differ");
    }
    let listed = rows(&frostline(&project, &["list", "--format", "json"]));
    let states = |rows: &[Value], state: &str| rows.iter().filter(|row| row["state"] == state).count();
    assert_eq!((states(&listed, "usable"), states(&listed, "to be fetched")), (4, 4), "{listed:#?}");
    assert!(listed[..4].iter().all(|row| row["preprocess"] == "caffe"), "{listed:#?}");
    let ran = frostline(&project, &["verify", "--format", "json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let digest = Value::from(shipped.digest().to_string());
    let whole = |row: &Value| {
        row["values"] == digest && row["origin"].as_str().is_some_and(|it| it.ends_with("(by its values)"))
    };
    assert_eq!(rows(&ran).iter().filter(|row| whole(row)).count(), 4, "{}", ran.stdout);

    let [cut, turned] = ["weights/keras.safetensors", "weights/torch.safetensors"].map(|name| project.path(name));
    let bytes = std::fs::read(&cut).expect("it is there");
    std::fs::write(&cut, &bytes[..bytes.len() / 2]).expect("it can be written");
    let mut bytes = std::fs::read(&turned).expect("it is there");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&turned, bytes).expect("it can be written");
    let ran = frostline(&project, &["verify", "--format", "json"]);
    assert_eq!((ran.code, rows(&ran).len()), (4, 2), "{}", ran.stderr);
    for text in ["keras.safetensors", "torch.safetensors", "not those that it was written with", "error: 2 of 4 files"]
    {
        assert!(ran.stderr.contains(text), "{text}: {}", ran.stderr);
    }
    let listed = rows(&frostline(&project, &["list", "--format", "json"]));
    assert_eq!(states(&listed, "usable"), 2, "{listed:#?}");
    let ran = frostline(&project, &["verify", "keras.h5", "weights/keras.safetensors"]);
    assert!(ran.code == 4 && ran.stderr.contains("error: 1 of 2 files cannot be used"), "{}", ran.stderr);
    let ran = project.frostline(&["plan", "experiments/a.toml", "--set", "weights.path=weights/torch.safetensors"]);
    assert!(ran.code == 4 && ran.stderr.contains("torch.safetensors"), "{}", ran.stderr);

    let ran = frostline(&project, &["import", "keras.h5"]);
    assert!(ran.code == 2 && ran.stderr.contains("`--force` replaces it"), "{}", ran.stderr);
    for name in ["keras.h5", "torch.pth"] {
        assert_eq!(frostline(&project, &["import", name, "--force"]).code, 0);
    }
    assert_eq!(frostline(&project, &["verify"]).code, 0);
}

#[test]
fn the_preprocessing_of_weights_that_nobody_knows_is_told_or_taken_for_the_usual() {
    let (project, mut layers) = (Project::new(), shipped().convolutions);
    layers[12].bias[0] += 1.0;
    write_torch(&project.path("own.pth"), &layers);
    let ran = frostline(&project, &["import", "own.pth", "--out", "usual.safetensors"]);
    assert_eq!((ran.code, ran.stdout.trim()), (0, "usual.safetensors"), "{}", ran.stderr);
    assert!(ran.stderr.contains("`torch` is usual for its form"), "{}", ran.stderr);
    let ran = frostline(&project, &["import", "own.pth", "--out", "told.safetensors", "--preprocess", "unit"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let ran = frostline(&project, &["verify", "usual.safetensors", "told.safetensors", "--format", "json"]);
    let (rows, of) = (rows(&ran), |row: &Value| (row["preprocess"].clone(), row["origin"].clone()));
    assert_eq!(of(&rows[0]), ("torch".into(), "unknown".into()), "{}", ran.stdout);
    assert_eq!(of(&rows[1]), ("unit".into(), "unknown".into()), "{}", ran.stdout);
    assert_eq!(rows[0]["values"], rows[1]["values"]);
}

/// A file of Keras' with an offset that the HDF5 parser panics at.
fn beyond_all_bounds() -> Vec<u8> {
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/weights/keras2-gzip-f16.h5");
    let mut bytes = std::fs::read(golden).expect("it is committed");
    bytes[31_712..31_720].fill(0xff);
    bytes
}

#[test]
fn what_is_no_vgg16_is_refused_with_four_and_leaves_nothing() {
    let project = Project::new();
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/weights/torch-zip.pth");
    let files: [(&str, Vec<u8>, &[&str]); 6] = [
        ("shell.pt", b"\x80\x02cos\nsystem\nX\x0a\x00\x00\x00touch here\x85R.".to_vec(), &["global `os.system`"]),
        ("page.h5", b"<html>sign in</html>".to_vec(), &["a web page"]),
        ("offset.h5", beyond_all_bounds(), &["damaged HDF5 file", "beyond all bounds"]),
        ("half.h5", b"\x89HDF\r\n\x1a\n\x00\x00".to_vec(), &["damaged HDF5 file"]),
        (
            "small.pth",
            std::fs::read(golden).expect("it is committed"),
            &["`convolution 1` has the shape [2, 3, 3, 3]", "[64, 3, 3, 3]", "[512, 512, 3, 3]"],
        ),
        ("empty.onnx", Vec::new(), &["empty.onnx"]),
    ];
    for (name, bytes, texts) in files {
        std::fs::write(project.path(name), bytes).expect("it can be written");
        for verb in ["import", "verify"] {
            let ran = frostline(&project, &[verb, name]);
            assert_eq!(ran.code, 4, "{verb} {name}: {}", ran.stderr);
            assert!(ran.stderr.contains(name) && !ran.stderr.contains("panicked"), "{}", ran.stderr);
            texts.iter().for_each(|text| assert!(ran.stderr.contains(text), "{text}: {}", ran.stderr));
        }
    }
    assert_eq!(frostline(&project, &["import", "gone.h5"]).code, 4);
    assert!(!project.path("weights").exists() && !project.path("here").exists());
}

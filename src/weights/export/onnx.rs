//! ONNX: the whole network as a graph, from images as they are decoded to the probabilities of the classes.
//!
//! Input `image`: batch x height x width x 3, RGB in 0..=255, bytes or floats. Output `probabilities`: batch x classes.
//! The batch is free. Operators are those of opset 17, as every runtime of the last years has them.

use prost::Message;

use super::network::{Dense, ImageInput, TrainedNetwork};
use crate::net::Activation;
use crate::weights::Convolution;
use crate::weights::onnx::proto::{
    Attribute, Dimension, Extent, FLOAT, Graph, INT64, Model, Node, Opset, Property, Tensor, TensorShape, TensorType,
    Type, UINT8, ValueInfo,
};
use crate::weights::{POOL_AFTER, Preprocess};

/// The version of the file format that came with opset 17 (ONNX 1.12).
const IR_VERSION: i64 = 8;
const OPSET: i64 = 17;
const CAFFE_MEAN_RGB: [f32; 3] = [123.68, 116.779, 103.939];
const TORCH_MEAN_RGB: [f32; 3] = [0.485, 0.456, 0.406];
const TORCH_STD_RGB: [f32; 3] = [0.229, 0.224, 0.225];

/// The bytes of an ONNX file.
pub fn export_onnx(network: &TrainedNetwork, input: ImageInput) -> Vec<u8> {
    let mut writer = Writer::default();
    let image = writer.preprocess(network.preprocess, input);
    let features = writer.base(&network.convolutions, image);
    let logits = writer.top(network, features);
    writer.probabilities(network, logits);
    let [height, width] = network.size.map(|side| Extent::Value(side as i64));
    let element = match input {
        ImageInput::Uint8 => UINT8,
        ImageInput::Float32 => FLOAT,
    };
    let batch = Extent::Name("batch".to_owned());
    let graph = Graph {
        node: writer.nodes,
        name: "frostline".to_owned(),
        initializer: writer.constants,
        input: vec![value_info("image", element, vec![batch.clone(), height, width, Extent::Value(3)])],
        output: vec![value_info("probabilities", FLOAT, vec![batch, Extent::Value(network.classes.len() as i64)])],
    };
    let metadata = network.described().into_iter().map(|(key, value)| Property { key, value });
    let model = Model {
        ir_version: IR_VERSION,
        producer_name: "frostline".to_owned(),
        producer_version: env!("CARGO_PKG_VERSION").to_owned(),
        graph: Some(graph),
        opset_import: vec![Opset { domain: String::new(), version: OPSET }],
        metadata_props: metadata.collect(),
    };
    model.encode_to_vec()
}

/// A graph that grows node by node. Values are named after the node that makes them.
#[derive(Default)]
struct Writer {
    nodes: Vec<Node>,
    constants: Vec<Tensor>,
}

impl Writer {
    /// From decoded images to what the first convolution reads: batch x 3 x height x width.
    fn preprocess(&mut self, preprocess: Preprocess, input: ImageInput) -> String {
        let mut value = "image".to_owned();
        if input == ImageInput::Uint8 {
            value = self.node("Cast", "as_float", &[&value], vec![int("to", FLOAT.into())]);
        }
        value = match preprocess {
            Preprocess::Unit => self.with("Mul", "scaled", value, vec![1], &[1.0 / 255.0]),
            Preprocess::Caffe => self.with("Sub", "centred", value, vec![3], &CAFFE_MEAN_RGB),
            Preprocess::Torch => {
                let unit = self.with("Mul", "scaled", value, vec![1], &[1.0 / 255.0]);
                let centred = self.with("Sub", "centred", unit, vec![3], &TORCH_MEAN_RGB);
                self.with("Div", "normalised", centred, vec![3], &TORCH_STD_RGB)
            }
        };
        value = self.node("Transpose", "channels_first", &[&value], vec![ints("perm", &[0, 3, 1, 2])]);
        if preprocess == Preprocess::Caffe {
            let order = self.integers("bgr_order", &[2, 1, 0]);
            value = self.node("Gather", "bgr", &[&value, &order], vec![int("axis", 1)]);
        }
        value
    }

    /// The convolutions, each with its ReLU and, at the end of a block, a pool.
    fn base(&mut self, convolutions: &[Convolution], mut value: String) -> String {
        for (number, layer) in convolutions.iter().enumerate().map(|(at, layer)| (at + 1, layer)) {
            let shape = vec![layer.outputs as i64, layer.inputs as i64, 3, 3];
            let weight = self.floats(&format!("conv{number}_weight"), shape, &layer.weights);
            let bias = self.floats(&format!("conv{number}_bias"), vec![layer.outputs as i64], &layer.bias);
            let attributes = vec![ints("kernel_shape", &[3, 3]), ints("pads", &[1; 4]), ints("strides", &[1, 1])];
            value = self.node("Conv", &format!("conv{number}"), &[&value, &weight, &bias], attributes);
            value = self.node("Relu", &format!("relu{number}"), &[&value], Vec::new());
            if POOL_AFTER.contains(&number) {
                let attributes = vec![ints("kernel_shape", &[2, 2]), ints("strides", &[2, 2])];
                value = self.node("MaxPool", &format!("pool{number}"), &[&value], attributes);
            }
        }
        value
    }

    /// The dense layers on the flattened features.
    fn top(&mut self, network: &TrainedNetwork, features: String) -> String {
        let mut value = self.node("Flatten", "flattened", &[&features], vec![int("axis", 1)]);
        for (at, layer) in network.dense.iter().enumerate() {
            value = self.dense(at + 1, layer, &value);
            if at + 1 < network.dense.len() {
                value = self.activation(network.activation, at + 1, value);
            }
        }
        value
    }

    fn dense(&mut self, number: usize, layer: &Dense, value: &str) -> String {
        let shape = vec![layer.outputs as i64, layer.inputs as i64];
        let weight = self.floats(&format!("dense{number}_weight"), shape, &layer.weights);
        let bias = self.floats(&format!("dense{number}_bias"), vec![layer.outputs as i64], &layer.bias);
        self.node("Gemm", &format!("dense{number}"), &[value, &weight, &bias], vec![int("transB", 1)])
    }

    fn activation(&mut self, activation: Activation, number: usize, value: String) -> String {
        let operator = match activation {
            Activation::Linear => return value,
            Activation::Relu => "Relu",
            Activation::Tanh => "Tanh",
            Activation::Sigmoid => "Sigmoid",
            Activation::Elu => "Elu",
        };
        self.node(operator, &format!("activation{number}"), &[&value], Vec::new())
    }

    /// Logits to one probability a class. Two classes that share an output are given both.
    fn probabilities(&mut self, network: &TrainedNetwork, logits: String) {
        if !network.is_binary() {
            self.node("Softmax", "probabilities", &[&logits], vec![int("axis", 1)]);
            return;
        }
        let second = self.node("Sigmoid", "second", &[&logits], Vec::new());
        let one = self.floats("one", vec![1], &[1.0]);
        let first = self.node("Sub", "first", &[&one, &second], Vec::new());
        self.node("Concat", "probabilities", &[&first, &second], vec![int("axis", 1)]);
    }

    /// A node with one output, which bears the node's name.
    fn node(&mut self, operator: &str, name: &str, inputs: &[&str], attribute: Vec<Attribute>) -> String {
        self.nodes.push(Node {
            input: inputs.iter().map(|&input| input.to_owned()).collect(),
            output: vec![name.to_owned()],
            name: name.to_owned(),
            op_type: operator.to_owned(),
            attribute,
            domain: String::new(),
        });
        name.to_owned()
    }

    /// A node of a value and a constant.
    fn with(&mut self, operator: &str, name: &str, value: String, shape: Vec<i64>, constant: &[f32]) -> String {
        let constant = self.floats(&format!("{name}_by"), shape, constant);
        self.node(operator, name, &[&value, &constant], Vec::new())
    }

    fn floats(&mut self, name: &str, dims: Vec<i64>, values: &[f32]) -> String {
        self.constant(name, dims, FLOAT, bytemuck::cast_slice(values).to_vec())
    }

    fn integers(&mut self, name: &str, values: &[i64]) -> String {
        self.constant(name, vec![values.len() as i64], INT64, bytemuck::cast_slice(values).to_vec())
    }

    fn constant(&mut self, name: &str, dims: Vec<i64>, data_type: i32, raw_data: Vec<u8>) -> String {
        let name = name.to_owned();
        self.constants.push(Tensor { name: name.clone(), dims, data_type, raw_data, ..Tensor::default() });
        name
    }
}

/// `AttributeProto.AttributeType` of an integer.
const INT: i32 = 2;
/// `AttributeProto.AttributeType` of integers.
const INTS: i32 = 7;

fn int(name: &str, value: i64) -> Attribute {
    Attribute { name: name.to_owned(), i: value, kind: INT, ..Attribute::default() }
}

fn ints(name: &str, values: &[i64]) -> Attribute {
    Attribute { name: name.to_owned(), ints: values.to_vec(), kind: INTS, ..Attribute::default() }
}

fn value_info(name: &str, elem_type: i32, extents: Vec<Extent>) -> ValueInfo {
    let dim = extents.into_iter().map(|extent| Dimension { extent: Some(extent) }).collect();
    let tensor = TensorType { elem_type, shape: Some(TensorShape { dim }) };
    ValueInfo { name: name.to_owned(), kind: Some(Type { tensor: Some(tensor) }) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::weights::{Basis, SourceFormat, read_bytes};

    /// A network of one channel at every depth, for images of 32 pixels.
    fn small(preprocess: Preprocess) -> TrainedNetwork {
        let layer = |at: usize| {
            let inputs = if at == 0 { 3 } else { 1 };
            let weights = (0..inputs * 9).map(|tap| (tap + at) as f32).collect();
            Convolution { inputs, outputs: 1, weights, bias: vec![0.5] }
        };
        TrainedNetwork {
            convolutions: (0..13).map(layer).collect(),
            dense: vec![Dense { inputs: 1, outputs: 1, weights: vec![2.0], bias: vec![1.0] }],
            activation: Activation::Relu,
            classes: vec!["cats".to_owned(), "dogs".to_owned()],
            preprocess,
            size: [32, 32],
            metadata: BTreeMap::new(),
        }
    }

    #[test]
    fn an_exported_graph_is_read_back_with_its_preprocessing() {
        for preprocess in [Preprocess::Unit, Preprocess::Caffe, Preprocess::Torch] {
            for input in [ImageInput::Uint8, ImageInput::Float32] {
                let network = small(preprocess);
                let imported = read_bytes(&export_onnx(&network, input)).unwrap_or_else(|error| panic!("{error}"));
                assert_eq!(imported.source, SourceFormat::Onnx);
                assert_eq!(imported.convolutions, network.convolutions);
                assert_eq!((imported.preprocess, imported.basis), (Some(preprocess), Basis::Metadata));
            }
        }
    }

    #[test]
    fn exported_tensors_are_read_back_with_their_preprocessing() {
        let network = small(Preprocess::Torch);
        let bytes = super::super::export_safetensors(&network);
        let imported = read_bytes(&bytes).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(imported.convolutions, network.convolutions);
        assert_eq!((imported.preprocess, imported.basis), (Some(Preprocess::Torch), Basis::Metadata));
    }
}

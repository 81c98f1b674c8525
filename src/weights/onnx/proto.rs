//! The messages of `onnx.proto3` with the fields that frostline reads or writes. Numbers are those of the standard
//! (IR version 8); unknown fields are skipped when read.

use prost::Message;

/// `TensorProto.DataType` of f32.
pub(in crate::weights) const FLOAT: i32 = 1;
/// `TensorProto.DataType` of u8.
pub(in crate::weights) const UINT8: i32 = 2;
/// `TensorProto.DataType` of i64.
pub(in crate::weights) const INT64: i32 = 7;
/// `TensorProto.DataType` of f16.
pub(in crate::weights) const FLOAT16: i32 = 10;
/// `TensorProto.DataType` of f64.
pub(in crate::weights) const DOUBLE: i32 = 11;
/// `TensorProto.DataType` of bf16.
pub(in crate::weights) const BFLOAT16: i32 = 16;
/// `TensorProto.DataLocation` of a tensor in another file.
pub(in crate::weights) const EXTERNAL: i32 = 1;

#[derive(Clone, PartialEq, Message)]
pub(in crate::weights) struct Model {
    #[prost(int64, tag = "1")]
    pub(in crate::weights) ir_version: i64,
    #[prost(string, tag = "2")]
    pub(in crate::weights) producer_name: String,
    #[prost(string, tag = "3")]
    pub(in crate::weights) producer_version: String,
    #[prost(message, optional, tag = "7")]
    pub(in crate::weights) graph: Option<Graph>,
    #[prost(message, repeated, tag = "8")]
    pub(in crate::weights) opset_import: Vec<Opset>,
    #[prost(message, repeated, tag = "14")]
    pub(in crate::weights) metadata_props: Vec<Property>,
}

#[derive(Clone, PartialEq, Message)]
pub(in crate::weights) struct Opset {
    #[prost(string, tag = "1")]
    pub(in crate::weights) domain: String,
    #[prost(int64, tag = "2")]
    pub(in crate::weights) version: i64,
}

#[derive(Clone, PartialEq, Message)]
pub(in crate::weights) struct Property {
    #[prost(string, tag = "1")]
    pub(in crate::weights) key: String,
    #[prost(string, tag = "2")]
    pub(in crate::weights) value: String,
}

#[derive(Clone, PartialEq, Message)]
pub(in crate::weights) struct Graph {
    #[prost(message, repeated, tag = "1")]
    pub(in crate::weights) node: Vec<Node>,
    #[prost(string, tag = "2")]
    pub(in crate::weights) name: String,
    #[prost(message, repeated, tag = "5")]
    pub(in crate::weights) initializer: Vec<Tensor>,
    #[prost(message, repeated, tag = "11")]
    pub(in crate::weights) input: Vec<ValueInfo>,
    #[prost(message, repeated, tag = "12")]
    pub(in crate::weights) output: Vec<ValueInfo>,
}

#[derive(Clone, PartialEq, Message)]
pub(in crate::weights) struct Node {
    #[prost(string, repeated, tag = "1")]
    pub(in crate::weights) input: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    pub(in crate::weights) output: Vec<String>,
    #[prost(string, tag = "3")]
    pub(in crate::weights) name: String,
    #[prost(string, tag = "4")]
    pub(in crate::weights) op_type: String,
    #[prost(message, repeated, tag = "5")]
    pub(in crate::weights) attribute: Vec<Attribute>,
    #[prost(string, tag = "7")]
    pub(in crate::weights) domain: String,
}

#[derive(Clone, PartialEq, Message)]
pub(in crate::weights) struct Attribute {
    #[prost(string, tag = "1")]
    pub(in crate::weights) name: String,
    #[prost(float, tag = "2")]
    pub(in crate::weights) f: f32,
    #[prost(int64, tag = "3")]
    pub(in crate::weights) i: i64,
    #[prost(bytes = "vec", tag = "4")]
    pub(in crate::weights) s: Vec<u8>,
    #[prost(message, optional, tag = "5")]
    pub(in crate::weights) t: Option<Tensor>,
    #[prost(int64, repeated, packed = "false", tag = "8")]
    pub(in crate::weights) ints: Vec<i64>,
    /// `AttributeProto.AttributeType`: 1 float, 2 int, 3 string, 4 tensor, 7 ints.
    #[prost(int32, tag = "20")]
    pub(in crate::weights) kind: i32,
}

#[derive(Clone, PartialEq, Message)]
pub(in crate::weights) struct Tensor {
    #[prost(int64, repeated, packed = "false", tag = "1")]
    pub(in crate::weights) dims: Vec<i64>,
    #[prost(int32, tag = "2")]
    pub(in crate::weights) data_type: i32,
    #[prost(float, repeated, tag = "4")]
    pub(in crate::weights) float_data: Vec<f32>,
    /// f16 and bf16 values as 16-bit patterns, where they are not raw.
    #[prost(int32, repeated, tag = "5")]
    pub(in crate::weights) int32_data: Vec<i32>,
    #[prost(int64, repeated, tag = "7")]
    pub(in crate::weights) int64_data: Vec<i64>,
    #[prost(string, tag = "8")]
    pub(in crate::weights) name: String,
    #[prost(bytes = "vec", tag = "9")]
    pub(in crate::weights) raw_data: Vec<u8>,
    #[prost(double, repeated, tag = "10")]
    pub(in crate::weights) double_data: Vec<f64>,
    /// Where the values are, if they are in another file: `location`, `offset`, `length`.
    #[prost(message, repeated, tag = "13")]
    pub(in crate::weights) external_data: Vec<Property>,
    #[prost(int32, tag = "14")]
    pub(in crate::weights) data_location: i32,
}

#[derive(Clone, PartialEq, Message)]
pub(in crate::weights) struct ValueInfo {
    #[prost(string, tag = "1")]
    pub(in crate::weights) name: String,
    #[prost(message, optional, tag = "2")]
    pub(in crate::weights) kind: Option<Type>,
}

#[derive(Clone, PartialEq, Message)]
pub(in crate::weights) struct Type {
    #[prost(message, optional, tag = "1")]
    pub(in crate::weights) tensor: Option<TensorType>,
}

#[derive(Clone, PartialEq, Message)]
pub(in crate::weights) struct TensorType {
    #[prost(int32, tag = "1")]
    pub(in crate::weights) elem_type: i32,
    #[prost(message, optional, tag = "2")]
    pub(in crate::weights) shape: Option<TensorShape>,
}

#[derive(Clone, PartialEq, Message)]
pub(in crate::weights) struct TensorShape {
    #[prost(message, repeated, tag = "1")]
    pub(in crate::weights) dim: Vec<Dimension>,
}

#[derive(Clone, PartialEq, Message)]
pub(in crate::weights) struct Dimension {
    #[prost(oneof = "Extent", tags = "1, 2")]
    pub(in crate::weights) extent: Option<Extent>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub(in crate::weights) enum Extent {
    #[prost(int64, tag = "1")]
    Value(i64),
    #[prost(string, tag = "2")]
    Name(String),
}

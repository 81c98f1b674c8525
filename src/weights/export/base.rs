//! frostline's own file of a base: safetensors under torchvision's names, half as large where that loses nothing.

use std::collections::BTreeMap;

use super::tensors::{Element, Named, encode_safetensors, named_convolutions};
use crate::weights::{Imported, Origin};

/// The key of the metadata under which frostline's own files have the digest of their values.
pub(in crate::weights) const VALUES: &str = "values";

/// The bytes of a base's file: f16 where every value is one, f32 otherwise, so that reading it back gives the same values.
/// What its images need, whose training it is and under which licence go into the metadata.
pub fn export_base(imported: &Imported) -> Vec<u8> {
    let mut metadata: BTreeMap<String, String> = [
        ("format", "pt".to_owned()),
        ("architecture", "vgg16".to_owned()),
        ("layout", "OIHW".to_owned()),
        ("source", imported.source.to_string()),
        (VALUES, imported.digest().to_string()),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into();
    let mut tell = |key: &str, value: Option<String>| value.map(|value| metadata.insert(key.to_owned(), value));
    tell("preprocess", imported.preprocess.map(|it| it.word().to_owned()));
    tell("license", imported.origin.license().map(str::to_owned));
    tell("origin", (imported.origin != Origin::Unknown).then(|| imported.origin.to_string()));
    let tensors = named_convolutions(&imported.convolutions);
    let element = if tensors.iter().all(is_half) { Element::F16 } else { Element::F32 };
    encode_safetensors(&metadata, &tensors, element)
}

/// Whether f16 can hold every value.
fn is_half(tensor: &Named<'_>) -> bool {
    tensor.values.iter().all(|&value| half::f16::from_f32(value).to_f32().to_bits() == value.to_bits())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::weights::{Basis, Convolution, Preprocess, SourceFormat, read_bytes};

    fn base(value: f32) -> Imported {
        let layer = |at: usize| {
            let inputs = if at == 0 { 3 } else { 1 };
            Convolution { inputs, outputs: 1, weights: vec![value; inputs * 9], bias: vec![at as f32] }
        };
        Imported {
            convolutions: (0..13).map(layer).collect(),
            source: SourceFormat::TorchZip,
            origin: Origin::Told { text: "a test".to_owned(), license: Some("MIT".to_owned()) },
            preprocess: Some(Preprocess::Caffe),
            basis: Basis::Convention,
            notes: Vec::new(),
        }
    }

    #[test]
    fn an_imported_base_is_read_back_as_it_was_whichever_type_holds_it() {
        for (value, bytes_a_value) in [(0.5, 2), (0.1, 4)] {
            let (base, bytes) = (base(value), export_base(&base(value)));
            let imported = read_bytes(&bytes).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(imported.convolutions, base.convolutions);
            assert_eq!((imported.origin, imported.preprocess), (base.origin, base.preprocess));
            assert_eq!(imported.basis, Basis::Metadata);
            let values: usize = base.convolutions.iter().map(|it| it.weights.len() + it.bias.len()).sum();
            let header = 8 + u64::from_le_bytes(bytes[..8].try_into().expect("eight bytes")) as usize;
            assert_eq!(bytes.len() - header, values * bytes_a_value);
        }
    }

    #[test]
    fn a_file_whose_values_have_changed_since_is_damaged() {
        let mut bytes = export_base(&base(0.1));
        let at = bytes.len() - 4;
        bytes[at] ^= 1;
        let problem = read_bytes(&bytes).expect_err("a bit is another");
        assert!(problem.to_string().contains("not those that it was written with"), "{problem}");
    }
}

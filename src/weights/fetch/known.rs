//! The public files of VGG16's weights: where they are, and how they are known to be whole.

use crate::weights::{KNOWN_ORIGINS, KnownOrigin, Preprocess};

/// How a public file is known to be what it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pin {
    /// By the SHA-256 of its bytes, in 64 lower-case hexadecimal digits.
    Sha256(&'static str),
    /// By the MD5 of its bytes, all that its publisher tells, and, as MD5 can be forged, by the training that its values are.
    Md5AndValues(&'static str, &'static KnownOrigin),
}

/// A public file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownFile {
    /// What `weights fetch` calls it.
    pub name: &'static str,
    /// Where it is.
    pub url: &'static str,
    /// What it is called once it is here.
    pub file_name: &'static str,
    /// Its size in bytes, for who wants to know before the transfer; the transfer is not held to it.
    pub bytes: Option<u64>,
    /// How it is known to be whole.
    pub pin: Pin,
    /// Whose training it is.
    pub origin: &'static str,
    /// What the weights expect of images.
    pub preprocess: Preprocess,
}

/// The files that `weights fetch` knows.
///
/// The SHA-256 of torchvision's files are those whose first eight digits torchvision puts into their names. The Keras file's MD5
/// is the one in `keras.applications.vgg16`.
pub const KNOWN_FILES: &[KnownFile] = &[
    KnownFile {
        name: "keras-notop",
        url: "https://storage.googleapis.com/tensorflow/keras-applications/vgg16/\
              vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
        file_name: "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
        bytes: Some(58_889_256),
        pin: Pin::Md5AndValues("6d6bbae143d832006294945121d1f1fc", &KNOWN_ORIGINS[0]),
        origin: KNOWN_ORIGINS[0].name,
        preprocess: Preprocess::Caffe,
    },
    KnownFile {
        name: "torchvision",
        url: "https://download.pytorch.org/models/vgg16-397923af.pth",
        file_name: "vgg16-397923af.pth",
        bytes: Some(553_433_881),
        pin: Pin::Sha256("397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0"),
        origin: "torchvision, VGG16_Weights.IMAGENET1K_V1",
        preprocess: Preprocess::Torch,
    },
    KnownFile {
        name: "torchvision-bn",
        url: "https://download.pytorch.org/models/vgg16_bn-6c64b313.pth",
        file_name: "vgg16_bn-6c64b313.pth",
        bytes: Some(553_507_836),
        pin: Pin::Sha256("6c64b3138f2f4fcb3bcc4cafde11619c4f440eb1631787e93a682fd88305888a"),
        origin: "torchvision, VGG16_BN_Weights.IMAGENET1K_V1",
        preprocess: Preprocess::Torch,
    },
    KnownFile {
        name: "timm",
        url: "https://huggingface.co/timm/vgg16.tv_in1k/resolve/b8d8aa2dd860af9233c8c67385a8097fd6c35d3f/model.safetensors",
        file_name: "timm-vgg16.tv_in1k.safetensors",
        bytes: None,
        pin: Pin::Sha256("57b026918159a6bf9faf8405c3a551903768e7138989d9c6224a14227203fad8"),
        origin: "timm, vgg16.tv_in1k (torchvision's IMAGENET1K_V1)",
        preprocess: Preprocess::Torch,
    },
];

impl KnownFile {
    /// The file of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        KNOWN_FILES.iter().find(|file| file.name == name)
    }
}

impl Pin {
    /// The digest as people compare it: `SHA-256 3979...`.
    pub fn shown(&self) -> String {
        match self {
            Self::Sha256(digest) => format!("SHA-256 {digest}"),
            Self::Md5AndValues(digest, _) => format!("MD5 {digest}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_of_their_kind_s_length_and_agree_with_the_names_of_torch_s_files() {
        for file in KNOWN_FILES {
            let (digest, length) = match file.pin {
                Pin::Sha256(digest) => (digest, 64),
                Pin::Md5AndValues(digest, _) => (digest, 32),
            };
            assert!(digest.len() == length && digest.bytes().all(|digit| digit.is_ascii_hexdigit()), "{}", file.name);
            if let Some((_, prefix)) = file.file_name.strip_suffix(".pth").and_then(|stem| stem.rsplit_once('-')) {
                assert!(digest.starts_with(prefix), "{}", file.name);
            }
            assert_eq!(KnownFile::named(file.name), Some(file));
        }
    }
}

//! The public files of VGG16's weights: where they are, and how they are known to be whole.

use crate::weights::{Basis, Imported, KNOWN_ORIGINS, KnownOrigin, Origin, Preprocess};

/// How a public file is known to be what it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pin {
    /// By the SHA-256 of its bytes, in 64 lower-case hexadecimal digits.
    Sha256(&'static str),
    /// By the SHA-256 of its bytes, which others than its publisher tell, and by the training that its values are.
    Sha256AndValues(&'static str, &'static KnownOrigin),
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
/// The SHA-256 of torchvision's files are those whose first eight digits torchvision puts into their names. Keras itself gives
/// only the MD5 of its file; the SHA-256 is the one by which several projects that fetch it, such as DSBox, have pinned it.
pub const KNOWN_FILES: &[KnownFile] = &[
    KnownFile {
        name: "keras-notop",
        url: "https://storage.googleapis.com/tensorflow/keras-applications/vgg16/\
              vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
        file_name: "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
        bytes: Some(58_889_256),
        pin: Pin::Sha256AndValues(
            "bfe5187d0a272bed55ba430631598124cff8e880b98d38c9e56c8d66032abdc1",
            &KNOWN_ORIGINS[0],
        ),
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

    /// The file whose bytes have that SHA-256.
    pub fn with_sha256(sha256: &str) -> Option<&'static Self> {
        KNOWN_FILES.iter().find(|file| file.pin.sha256() == sha256)
    }

    /// Says of weights read from this very file what they do not say themselves: whose they are, and what they expect of images.
    pub fn tell(&self, imported: &mut Imported) {
        if imported.origin == Origin::Unknown {
            imported.origin = Origin::Told { text: self.origin.to_owned(), license: None };
            (imported.preprocess, imported.basis) = (Some(self.preprocess), Basis::Digest);
        }
    }
}

impl Pin {
    /// The digest, in 64 lower-case hexadecimal digits.
    pub fn sha256(&self) -> &'static str {
        match self {
            Self::Sha256(digest) | Self::Sha256AndValues(digest, _) => digest,
        }
    }

    /// The digest as people compare it: `SHA-256 3979...`.
    pub fn shown(&self) -> String {
        format!("SHA-256 {}", self.sha256())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::weights::SourceFormat;

    #[test]
    fn weights_read_from_a_known_file_are_named_after_it() {
        let mut imported = Imported {
            convolutions: Vec::new(),
            source: SourceFormat::TorchZip,
            origin: Origin::Unknown,
            preprocess: None,
            basis: Basis::Unknown,
            notes: Vec::new(),
        };
        let file = KnownFile::with_sha256("397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0");
        file.expect("torchvision's").tell(&mut imported);
        assert_eq!(imported.origin.to_string(), "torchvision, VGG16_Weights.IMAGENET1K_V1");
        assert_eq!((imported.preprocess, imported.basis), (Some(Preprocess::Torch), Basis::Digest));
        let told = Origin::Told { text: "mine".to_owned(), license: None };
        imported.origin = told.clone();
        KNOWN_FILES[0].tell(&mut imported);
        assert_eq!(imported.origin, told);
        assert_eq!(KnownFile::with_sha256(""), None);
    }

    #[test]
    fn digests_are_of_their_kind_s_length_and_agree_with_the_names_of_torch_s_files() {
        for file in KNOWN_FILES {
            let digest = file.pin.sha256();
            assert!(digest.len() == 64 && digest.bytes().all(|digit| digit.is_ascii_hexdigit()), "{}", file.name);
            if let Some((_, prefix)) = file.file_name.strip_suffix(".pth").and_then(|stem| stem.rsplit_once('-')) {
                assert!(digest.starts_with(prefix), "{}", file.name);
            }
            assert_eq!(KnownFile::named(file.name), Some(file));
        }
    }
}

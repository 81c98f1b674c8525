//! What was found damaged: reported, never used.

use std::fmt;
use std::path::PathBuf;

/// What is wrong with a stored file, or a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Damage {
    /// It does not begin as such a file does.
    NotOurs,
    /// A newer frostline wrote it.
    Newer {
        /// Its version.
        found: u32,
        /// The newest version known here.
        known: u32,
    },
    /// Its header does not match the header's checksum.
    Header,
    /// It belongs to another key.
    OtherKey,
    /// It is shorter or longer than its header says.
    Length {
        /// The length that the header says, in bytes.
        expected: u64,
        /// The length found, in bytes.
        found: u64,
    },
    /// Its bytes do not match their checksum.
    Checksum,
    /// It could not be read.
    Unreadable(String),
    /// One record does not match its checksum.
    Record {
        /// Where the record begins in the file.
        offset: u64,
    },
    /// A stretch of a file of records makes no sense.
    Stretch {
        /// Where it begins.
        offset: u64,
        /// How long it is.
        bytes: u64,
    },
    /// The file ends in the middle of a block: its writer was stopped there.
    Tail {
        /// How many bytes belong to no whole block.
        bytes: u64,
    },
    /// The list of inputs is not what the key was made of.
    Inputs,
    /// There is no list of inputs, though there are data: whoever uses them next writes it again.
    Unlisted,
    /// The folder holds neither a list of inputs nor data: its maker was stopped before the first write.
    Bare,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOurs => write!(f, "it does not begin as a cache file does"),
            Self::Newer { found, known } => write!(f, "it has version {found}, and this frostline knows {known}"),
            Self::Header => write!(f, "its header is damaged"),
            Self::OtherKey => write!(f, "it belongs to another key"),
            Self::Length { expected, found } => write!(f, "it should have {expected} bytes and has {found}"),
            Self::Checksum => write!(f, "its bytes do not match their checksum"),
            Self::Unreadable(why) => write!(f, "it cannot be read: {why}"),
            Self::Record { offset } => write!(f, "the record at byte {offset} does not match its checksum"),
            Self::Stretch { offset, bytes } => write!(f, "{bytes} bytes at byte {offset} are damaged"),
            Self::Tail { bytes } => write!(f, "its last {bytes} bytes are the start of an unfinished write"),
            Self::Inputs => write!(f, "its list of inputs is damaged"),
            Self::Unlisted => write!(f, "its list of inputs is missing: the next run that uses it writes it again"),
            Self::Bare => write!(f, "nothing is in it: its writer was stopped before the first write"),
        }
    }
}

/// Something in the cache was found damaged and is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub damage: Damage,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not using `{}`: {}; what is missing is computed again", self.path.display(), self.damage)
    }
}

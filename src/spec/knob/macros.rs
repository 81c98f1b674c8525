//! The newtypes that most settings are, written once.

/// A setting that is a whole number in a range: a newtype over `u32`, or over `u64` where the range needs it.
macro_rules! whole_knob {
    ($(#[$doc:meta])* $name:ident($repr:ty), $min:expr, $max:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name($repr);

        impl $name {
            const LIMITS: $crate::spec::knob::Whole = $crate::spec::knob::Whole { min: $min, max: $max };

            /// The number.
            pub fn get(self) -> $repr {
                self.0
            }
        }

        impl $crate::spec::knob::Knob for $name {
            fn expected() -> std::borrow::Cow<'static, str> {
                Self::LIMITS.expected()
            }

            fn read(value: &toml::Value) -> Result<Self, $crate::spec::knob::Fault> {
                Self::LIMITS.read(value).map(|number| Self(number as $repr))
            }

            fn write(&self) -> toml::Value {
                toml::Value::Integer(self.0 as i64)
            }

            fn schema() -> serde_json::Value {
                Self::LIMITS.schema()
            }
        }
    };
}

/// A setting that is a real number in a range: a newtype over `f64`.
macro_rules! real_knob {
    ($(#[$doc:meta])* $name:ident, $low:expr, $high:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
        pub struct $name(f64);

        impl $name {
            const LIMITS: $crate::spec::knob::Real = {
                #[allow(unused_imports)]
                use $crate::spec::knob::End::{Excluding, Including, Open};
                $crate::spec::knob::Real { low: $low, high: $high }
            };

            /// The number.
            pub fn get(self) -> f64 {
                self.0
            }
        }

        impl $crate::spec::knob::Knob for $name {
            fn expected() -> std::borrow::Cow<'static, str> {
                Self::LIMITS.expected()
            }

            fn read(value: &toml::Value) -> Result<Self, $crate::spec::knob::Fault> {
                Self::LIMITS.read(value).map(Self)
            }

            fn write(&self) -> toml::Value {
                toml::Value::Float(self.0)
            }

            fn schema() -> serde_json::Value {
                Self::LIMITS.schema()
            }
        }
    };
}

/// A setting that is one word of a list: an enum.
macro_rules! word_knob {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant),+
        }

        impl $name {
            /// Every word that the experiment file accepts, in the order of the manual.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// The word in the experiment file.
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }
        }

        impl $crate::spec::knob::Knob for $name {
            fn expected() -> std::borrow::Cow<'static, str> {
                $crate::spec::knob::one_of(Self::WORDS).into()
            }

            fn read(value: &toml::Value) -> Result<Self, $crate::spec::knob::Fault> {
                let word = $crate::spec::knob::read_word(Self::WORDS, value)?;
                $(if word == $word {
                    return Ok(Self::$variant);
                })+
                Err($crate::spec::knob::Fault::expected(&Self::expected(), value))
            }

            fn write(&self) -> toml::Value {
                toml::Value::String(self.word().to_owned())
            }

            fn schema() -> serde_json::Value {
                serde_json::json!({ "enum": Self::WORDS })
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }
    };
}

pub(crate) use {real_knob, whole_knob, word_knob};

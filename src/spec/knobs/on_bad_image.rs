//! `data.on_bad_image`: fail, or skip and say so.

use crate::spec::knob::word_knob;

word_knob! {
    /// What an unreadable image does.
    OnBadImage {
        /// The run stops with a message that names the file.
        Fail = "fail",
        /// The file is left out and listed in the run.
        Skip = "skip",
    }
}

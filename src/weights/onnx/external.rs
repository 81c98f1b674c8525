//! Tensors whose values lie in another file beside the graph: ONNX external data, as `torch.onnx.export` writes it by default.
//!
//! Only a regular file in the graph's own folder is opened, whatever the graph asks for; and only where the graph was itself read
//! from a folder.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::super::error::Problem;
use super::super::found::Values;
use super::proto::Tensor;

/// The values of a tensor that lie in another file: `size` bytes. They are read when they are asked for.
pub(super) fn values(
    tensor: &Tensor,
    name: &str,
    folder: Option<&Path>,
    size: usize,
) -> Result<Values<'static>, Problem> {
    let refused = |why: &str| Problem::Unsupported {
        what: format!("`{name}` lies in another file (ONNX external data), `{}`: {why}", said(tensor, "location")),
        hint: "keep the files side by side; or, in Python, `onnx.save(onnx.load(FILE), \"whole.onnx\")` writes one file with \
               everything in it",
    };
    let folder = folder.ok_or_else(|| refused("and the graph was not read from a folder"))?;
    let path = beside(folder, said(tensor, "location")).map_err(|why| refused(&why))?;
    let file = File::open(path).map_err(|error| refused(&error.to_string()))?;
    let held = file.metadata().map_err(|error| refused(&error.to_string()))?.len();
    let range =
        range(tensor, size, held).ok_or_else(|| refused("it is not so long, or the tensor has another size"))?;
    Ok(Values::InFile { file: Arc::new(file), range })
}

/// What a tensor says of its place, or nothing.
fn said<'t>(tensor: &'t Tensor, key: &str) -> &'t str {
    tensor.external_data.iter().find(|said| said.key == key).map_or("", |said| &said.value)
}

/// The regular file of that name in a folder; links may not lead out of it.
fn beside(folder: &Path, location: &str) -> Result<PathBuf, String> {
    let mut parts = Path::new(location).components();
    let (Some(Component::Normal(name)), None) = (parts.next(), parts.next()) else {
        return Err("that is not the name of a file in the same folder".to_owned());
    };
    let real = |path: &Path| path.canonicalize().map_err(|error: io::Error| error.to_string());
    let (folder, path) = (real(folder)?, real(&folder.join(name))?);
    if path.parent() != Some(&folder) {
        return Err("that is a link out of the folder".to_owned());
    }
    if !path.is_file() {
        return Err("that is not a regular file".to_owned());
    }
    Ok(path)
}

/// The bytes of the file that are the tensor's, if it has them all and they are as many as its shape asks for.
fn range(tensor: &Tensor, size: usize, held: u64) -> Option<Range<u64>> {
    let number = |key: &str, otherwise: u64| match said(tensor, key) {
        "" => Some(otherwise),
        text => text.parse().ok(),
    };
    let offset = number("offset", 0)?;
    let length = number("length", held.checked_sub(offset)?)?;
    let end = offset.checked_add(length)?;
    (end <= held && length == size as u64).then_some(offset..end)
}

#[cfg(test)]
mod tests {
    use super::super::proto::Property;
    use super::*;

    fn tensor(said: &[(&str, &str)]) -> Tensor {
        let property = |&(key, value): &(&str, &str)| Property { key: key.to_owned(), value: value.to_owned() };
        Tensor { external_data: said.iter().map(property).collect(), ..Tensor::default() }
    }

    fn why(folder: &Path, said: &[(&str, &str)]) -> String {
        values(&tensor(said), "w", Some(folder), 8).err().map_or("read".to_owned(), |problem| problem.to_string())
    }

    #[test]
    fn nothing_but_a_file_in_the_same_folder_is_opened_and_never_beyond_its_end() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let folder = root.path().join("inner");
        std::fs::create_dir_all(folder.join("deeper")).expect("it can be made");
        for name in ["outside.bin", "inner/data.bin", "inner/deeper/data.bin"] {
            std::fs::write(root.path().join(name), [0; 16]).expect("it can be written");
        }
        std::os::unix::fs::symlink("../outside.bin", folder.join("link.bin")).expect("a link");
        let absolute = root.path().join("outside.bin");
        for (location, text) in [
            ("../outside.bin", "not the name of a file in the same folder"),
            (absolute.to_str().expect("text"), "not the name of a file in the same folder"),
            ("deeper/data.bin", "not the name of a file in the same folder"),
            ("", "not the name of a file in the same folder"),
            ("link.bin", "a link out of the folder"),
            ("deeper", "not a regular file"),
            ("gone.bin", "No such file"),
        ] {
            let why = why(&folder, &[("location", location), ("length", "8")]);
            assert!(why.contains(text) && why.contains("external data"), "{location}: {why}");
        }
        let at = |offset, length| why(&folder, &[("location", "data.bin"), ("offset", offset), ("length", length)]);
        assert_eq!((at("0", "8"), at("8", "8")), ("read".to_owned(), "read".to_owned()));
        for (offset, length) in [("9", "8"), ("0", "4"), ("18446744073709551615", "8"), ("-1", "8"), ("17", "")] {
            assert!(at(offset, length).contains("not so long"), "{offset} {length}");
        }
        assert_eq!(why(&folder, &[("location", "data.bin"), ("offset", "8")]), "read");
    }
}

//! Where weights lie: in the project, and in the user's cache.

use std::path::{Path, PathBuf};

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::files::list_folder;
use crate::weights::{self, Imported, KnownFile, Origin};

/// What the names of weight files end in.
pub const EXTENSIONS: [&str; 8] = ["safetensors", "h5", "hdf5", "keras", "pth", "pt", "bin", "onnx"];

/// The project's own weights.
pub fn of_project(context: &Context) -> PathBuf {
    context.project_here().join("weights")
}

/// Fetched weights: the user's cache as the XDG Base Directory Specification has it.
pub fn of_user() -> Result<PathBuf, Failure> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")));
    let cache = cache.ok_or_else(|| Failure {
        text: "error: there is no cache folder: neither `XDG_CACHE_HOME` nor `HOME` is set\n".to_owned(),
        exit: Exit::Usage,
    })?;
    Ok(cache.join("frostline").join("weights"))
}

/// The files of a folder that are weights by their names, in byte order.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut files = list_folder(folder)?;
    let is_weights = |path: &PathBuf| {
        let extension = path.extension().map(|it| it.to_string_lossy().to_ascii_lowercase());
        path.is_file() && extension.is_some_and(|it| EXTENSIONS.contains(&it.as_str()))
    };
    files.retain(is_weights);
    files.sort();
    Ok(files)
}

/// The SHA-256 of a file.
pub fn sha256(file: &Path) -> Result<String, Failure> {
    weights::file_sha256(file).map_err(|error| Failure::new(Exit::Unusable, &error, None))
}

/// Asks the file's bytes whose weights these are, where their values do not say.
pub fn name_origin(imported: &mut Imported, file: &Path) -> Result<(), Failure> {
    if imported.origin == Origin::Unknown
        && let Some(known) = KnownFile::with_sha256(&sha256(file)?)
    {
        known.tell(imported);
    }
    Ok(())
}

/// A path as people see it: from the current folder, where it lies in it.
pub fn shown(context: &Context, path: &Path) -> String {
    path.strip_prefix(&context.cwd).unwrap_or(path).display().to_string()
}

//! `frostline weights import FILE`: weights of any form into frostline's own file.

use std::path::{Path, PathBuf};

use super::folders;
use crate::cli::args::{Expects, WeightsImport};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::files;
use crate::weights::{self, Basis, Imported, Preprocess};

pub fn run(context: &Context, args: &WeightsImport) -> Result<Exit, Failure> {
    let mut imported = weights::read_vgg16(&args.file)?;
    folders::name_origin(&mut imported, &args.file)?;
    tell(&imported);
    match args.preprocess {
        Some(preprocess) => imported.preprocess = Some(preprocess.into()),
        None => tell_preprocess(&imported),
    }
    let out = args.out.clone().unwrap_or_else(|| folders::of_project(context).join(name(&args.file)));
    let bytes = weights::export_base(&imported);
    write(&out, &bytes, args.force)?;
    println!("{}", folders::shown(context, &out));
    Ok(Exit::Success)
}

/// The name of the file that comes of an import: that of the file, without its endings.
fn name(file: &Path) -> PathBuf {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let without = |extension: &&str| name.strip_suffix(extension)?.strip_suffix('.');
    let stem = ["weights.h5"].iter().chain(&folders::EXTENSIONS).find_map(without).unwrap_or(&name);
    PathBuf::from(format!("{stem}.safetensors"))
}

/// What people should know of what was read, on stderr.
fn tell(imported: &Imported) {
    eprintln!("{}: {}", imported.source, imported.origin);
    imported.notes.iter().for_each(|note| eprintln!("note: {note}"));
}

fn tell_preprocess(imported: &Imported) {
    match (imported.preprocess, imported.basis) {
        (Some(preprocess), Basis::Convention) => eprintln!(
            "note: nothing in the file says which preprocessing it expects; `{preprocess}` is usual for its form \
             (`--preprocess` says another)"
        ),
        (Some(preprocess), _) => eprintln!("preprocess = \"{preprocess}\", known by {}", imported.basis),
        (None, _) => eprintln!("warning: nothing says which preprocessing these weights expect: `--preprocess` does"),
    }
}

/// Writes the file, unless another is in its place.
fn write(out: &Path, bytes: &[u8], force: bool) -> Result<(), Failure> {
    let there = files::read_if_there(out)?;
    match there {
        Some(there) if there == bytes => return Ok(()),
        Some(_) if !force => {
            let text = format!(
                "error: `{}` is there, with another content\n  hint: `--out FILE` writes elsewhere, `--force` replaces it\n",
                out.display()
            );
            return Err(Failure { text, exit: Exit::Usage });
        }
        Some(_) | None => {}
    }
    let folder = out.parent().unwrap_or(Path::new(""));
    files::create_folder(folder)?;
    Ok(files::write_atomic(out, bytes)?)
}

impl From<Expects> for Preprocess {
    fn from(expects: Expects) -> Self {
        match expects {
            Expects::Caffe => Self::Caffe,
            Expects::Torch => Self::Torch,
            Expects::Unit => Self::Unit,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_is_called_as_the_file() {
        let names = ["vgg16.pth", "my.weights.h5", "a/b.keras", "odd"].map(|file| name(Path::new(file)));
        assert_eq!(names, ["vgg16", "my", "b", "odd"].map(|stem| PathBuf::from(format!("{stem}.safetensors"))));
    }
}

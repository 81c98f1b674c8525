//! `frostline new NAME`: an experiment file to start from.

use std::path::Path;

use super::args::New;
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use crate::files;
use crate::spec::knobs::Name;
use crate::spec::templates;

pub fn run(context: &Context, args: &New) -> Result<Exit, Failure> {
    let Ok(name) = Name::parse(&args.name) else {
        let text =
            format!("error: `{}` cannot name an experiment, expected `a-z`, `0-9`, `.`, `_` and `-`\n", args.name);
        return Err(Failure { text, exit: Exit::Usage });
    };
    let text = templates::render(&args.template, &name).map_err(|error| Failure::new(Exit::Usage, &error, None))?;
    let folder = context.project_here().join("experiments");
    let path = folder.join(format!("{}.toml", args.name));
    if path.exists() && !args.force {
        let text = format!("error: `{}` exists\n  hint: pass `--force` to replace it\n", path.display());
        return Err(Failure { text, exit: Exit::Usage });
    }
    write(&folder, &path, &text)?;
    println!("{}", path.display());
    Ok(Exit::Success)
}

fn write(folder: &Path, path: &Path, text: &str) -> Result<(), files::FileError> {
    files::create_folder(folder)?;
    files::write_atomic(path, text.as_bytes())
}

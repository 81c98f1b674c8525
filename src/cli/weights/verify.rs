//! `frostline weights verify [FILE…]`: whether weights are whole, and whose they are.

use std::path::Path;

use super::folders;
use crate::cli::args::{Format, WeightsVerify};
use crate::cli::context::{Context, table_format};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::runs::table::{Cell, Table};
use crate::weights::{self, Imported, KnownFile, Origin};

/// Digits of a digest that a table for people shows.
const SHOWN_DIGITS: usize = 16;

pub fn run(context: &Context, args: &WeightsVerify) -> Result<Exit, Failure> {
    let mut files = args.files.clone();
    if files.is_empty() {
        files = folders::files(&folders::of_project(context))?;
        files.extend(folders::files(&folders::of_user()?)?);
    }
    let mut table = Table::new(["file", "form", "preprocess", "known_by", "values", "sha256", "origin"]);
    let mut bad = 0;
    for file in &files {
        match look(file) {
            Ok((imported, sha256)) => table.push(row(context, args.format, file, &imported, sha256)),
            Err(failure) => {
                bad += 1;
                eprint!("{}", failure.text);
            }
        }
    }
    print!("{}", table.render(table_format(args.format)));
    if bad > 0 {
        eprintln!("error: {bad} of {} files cannot be used", files.len());
        return Ok(Exit::Unusable);
    }
    Ok(Exit::Success)
}

fn look(file: &Path) -> Result<(Imported, String), Failure> {
    Ok((weights::read_vgg16(file)?, folders::sha256(file)?))
}

fn row(context: &Context, format: Format, file: &Path, imported: &Imported, sha256: String) -> Vec<Cell> {
    let digest = |digest: String| match format {
        Format::Table => Cell::Text(digest[..SHOWN_DIGITS].to_owned()),
        Format::Csv | Format::Json => Cell::Text(digest),
    };
    let origin = origin(imported, &sha256);
    vec![
        Cell::Text(folders::shown(context, file)),
        Cell::Text(imported.source.to_string()),
        Cell::text(imported.preprocess.map(|it| it.word())),
        Cell::Text(imported.basis.to_string()),
        digest(imported.digest().to_string()),
        digest(sha256),
        Cell::Text(origin),
    ]
}

/// Whose weights these are: by their values, by the file's digest, or as the file tells.
fn origin(imported: &Imported, sha256: &str) -> String {
    match (&imported.origin, KnownFile::with_sha256(sha256)) {
        (Origin::Known(known), _) => format!("{} (by its values)", known.name),
        (_, Some(known)) => format!("{} (by its SHA-256)", known.origin),
        (Origin::Told { text, .. }, None) => format!("{text} (as the file says)"),
        (Origin::Unknown, None) => "unknown".to_owned(),
    }
}

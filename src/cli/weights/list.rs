//! `frostline weights list`: the weights that are here, and those that can be fetched.

use std::path::Path;

use super::folders;
use crate::cli::args::WeightsList;
use crate::cli::context::{Context, table_format};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::runs::table::{Cell, Table};
use crate::weights::{self, KNOWN_FILES, KnownFile};

pub fn run(context: &Context, args: &WeightsList) -> Result<Exit, Failure> {
    let mut table = Table::new(["weights", "form", "preprocess", "bytes", "digest", "origin", "state"]);
    let user = folders::of_user()?;
    for folder in [folders::of_project(context), user.clone()] {
        for file in folders::files(&folder)? {
            table.push(here(context, &file)?);
        }
    }
    KNOWN_FILES.iter().filter(|known| !user.join(known.file_name).exists()).for_each(|known| table.push(away(known)));
    print!("{}", table.render(table_format(args.format)));
    Ok(Exit::Success)
}

/// A file that is here.
fn here(context: &Context, file: &Path) -> Result<Vec<Cell>, Failure> {
    let name = Cell::Text(folders::shown(context, file));
    let bytes = std::fs::metadata(file).map_or(Cell::None, |metadata| Cell::Count(metadata.len()));
    Ok(match weights::read_vgg16(file) {
        Ok(mut imported) => {
            folders::name_origin(&mut imported, file)?;
            vec![
                name,
                Cell::Text(imported.source.to_string()),
                Cell::text(imported.preprocess.map(|it| it.word())),
                bytes,
                Cell::Text(imported.digest().short()),
                Cell::Text(imported.origin.to_string()),
                Cell::Text("usable".to_owned()),
            ]
        }
        Err(error) => {
            let why = error.problem.to_string().lines().next().unwrap_or_default().trim_end_matches(':').to_owned();
            vec![name, Cell::None, Cell::None, bytes, Cell::None, Cell::None, Cell::Text(format!("unusable: {why}"))]
        }
    })
}

/// A file that can be fetched.
fn away(known: &KnownFile) -> Vec<Cell> {
    vec![
        Cell::Text(known.name.to_owned()),
        Cell::None,
        Cell::Text(known.preprocess.word().to_owned()),
        known.bytes.map_or(Cell::None, Cell::Count),
        Cell::None,
        Cell::Text(known.origin.to_owned()),
        Cell::Text("to be fetched".to_owned()),
    ]
}

//! `frostline export RUN`: the whole network in a file that other programs read.

use super::args::{Export, FileFormat, InputType};
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use crate::files;
use crate::stages::{self, ExportFormat};
use crate::weights::ImageInput;

pub fn run(context: &Context, args: &Export) -> Result<Exit, Failure> {
    let trained = context.trained(&args.run)?;
    let format = match (args.format, args.input) {
        (FileFormat::Safetensors, _) => ExportFormat::Safetensors,
        (FileFormat::Onnx, InputType::Uint8) => ExportFormat::Onnx(ImageInput::Uint8),
        (FileFormat::Onnx, InputType::Float32) => ExportFormat::Onnx(ImageInput::Float32),
    };
    if let Some(warning) = stages::export_warning(&trained) {
        eprintln!("warning: {warning}");
    }
    files::write_atomic(&args.out, &stages::export(&trained, format)?)?;
    println!("{}", args.out.display());
    if let Some(path) = &args.experiment {
        let place = context.cwd.join(path);
        let folder = place.parent().unwrap_or(&context.cwd);
        files::write_atomic(path, trained.experiment.to_toml(folder).as_bytes())?;
        println!("{}", path.display());
    }
    Ok(Exit::Success)
}

//! The files of an experiment: itself, and what it extends, recursively. The only place that reads them.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::key::Key;
use super::knob::Knob;
use super::knobs::Extends;
use super::layer::Layer;
use super::origin::SourceFile;
use super::parse::parse;
use super::paths::{absolute, shown};
use super::problem::{Place, Problem};
use super::suggest;

/// The manual, with every setting and its explanation, has a hundredth of this.
const MAX_BYTES: u64 = 1 << 20;

/// The files of an experiment as layers, the lowest first; the experiment's own file is the last.
pub struct Sources {
    /// One layer a file.
    pub layers: Vec<Layer>,
    /// Every file that takes part, also one that can't be read: absolute, the experiment's own first.
    pub files: Vec<PathBuf>,
    /// Files that are no valid TOML, each with the byte of its first error.
    pub broken: BTreeMap<PathBuf, usize>,
}

/// Reads a file and everything it extends.
pub fn read(path: &Path, cwd: &Path, problems: &mut Vec<Problem>) -> Sources {
    let path = absolute(cwd, path);
    let mut reader = Reader {
        cwd,
        sources: Sources { layers: Vec::new(), files: Vec::new(), broken: BTreeMap::new() },
        open: Vec::new(),
        problems,
    };
    match read_bounded(&path) {
        Ok(bytes) => reader.file(path, bytes),
        Err(error) => {
            reader.sources.files.push(path.clone());
            let problem = Problem::invalid(Place::File(shown(cwd, &path).into()), "the experiment file can't be read");
            let problem = problem.label(reason(&error));
            let problem = match neighbour(&path) {
                Some(name) => problem.help(format!("did you mean `{name}`?")),
                None => problem,
            };
            reader.problems.push(problem);
        }
    }
    reader.sources
}

struct Reader<'a> {
    cwd: &'a Path,
    sources: Sources,
    /// The files that are being read, each extended by the one before it.
    open: Vec<PathBuf>,
    problems: &'a mut Vec<Problem>,
}

impl Reader<'_> {
    fn file(&mut self, path: PathBuf, bytes: Vec<u8>) {
        if !self.sources.files.contains(&path) {
            self.sources.files.push(path.clone());
        }
        let shown = shown(self.cwd, &path);
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(_) => {
                let problem = Problem::invalid(Place::File(shown.into()), "the file is no text");
                return self.problems.push(problem.label("expected TOML in UTF-8"));
            }
        };
        let file = Arc::new(SourceFile { path: path.clone(), shown, text });
        let (mut layer, broken) = parse(&file, self.problems);
        self.sources.broken.extend(broken.map(|offset| (path.clone(), offset)));
        let extends = self.extends(&mut layer);
        self.open.push(path);
        for (written, place) in extends {
            self.extended(file.folder(), &written, place);
        }
        self.open.pop();
        self.sources.layers.push(layer);
    }

    /// Takes `extends` out of a layer.
    fn extends(&mut self, layer: &mut Layer) -> Vec<(String, Place)> {
        let key = Key::dotted("extends");
        let place = |layer: &Layer, at: &[String]| layer.origin(&key.within(at)).map_or(Place::Defaults, Place::value);
        let paths = match layer.get(&key).map(Extends::read) {
            None => Vec::new(),
            Some(Ok(extends)) => {
                let paths = extends.paths().iter().enumerate();
                paths.map(|(index, path)| (path.clone(), place(layer, &[index.to_string()]))).collect()
            }
            Some(Err(fault)) => {
                let place = place(layer, &fault.at);
                let problem = Problem::invalid(place, "invalid value for `extends`").about(&key).label(fault.label);
                self.problems.push(fault.hint.into_iter().fold(problem, Problem::help));
                Vec::new()
            }
        };
        layer.remove(&key);
        paths
    }

    fn extended(&mut self, folder: &Path, written: &str, place: Place) {
        let path = absolute(folder, Path::new(written));
        if let Some(at) = self.open.iter().position(|open| *open == path) {
            let names = self.open[at..].iter().chain([&path]).map(|path| format!("`{}`", shown(self.cwd, path)));
            let circle = names.collect::<Vec<_>>().join(" extends ");
            let problem = Problem::invalid(place, "a file extends itself").about(&Key::dotted("extends"));
            return self.problems.push(problem.label("this closes a circle").help(circle));
        }
        match read_bounded(&path) {
            Ok(bytes) => self.file(path, bytes),
            Err(error) => {
                let label = format!("`{}`: {}", shown(self.cwd, &path), reason(&error));
                let problem = Problem::invalid(place, "a file to extend can't be read").label(label);
                let problem = problem.about(&Key::dotted("extends"));
                self.problems.push(match neighbour(&path) {
                    Some(name) => problem.help(format!("did you mean `{name}`?")),
                    None => problem.help("paths are relative to the file that names them"),
                });
                self.sources.files.push(path);
            }
        }
    }
}

/// A whole file, if it is no larger than any experiment could be: what is named may be anything, without an end even.
fn read_bounded(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(std::io::Error::other("it has more than a megabyte, which no experiment file has"));
    }
    Ok(bytes)
}

/// Why a file can't be read, in a few words.
pub fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        std::io::ErrorKind::IsADirectory => "this is a folder".to_owned(),
        _ => error.to_string(),
    }
}

/// The name in the same folder that is most like a missing one.
pub fn neighbour(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let entries = std::fs::read_dir(path.parent()?).ok()?;
    let mut names: Vec<String> = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    names.sort();
    names.retain(|other| other != name);
    suggest::nearest(name, names.iter().map(String::as_str)).map(str::to_owned)
}

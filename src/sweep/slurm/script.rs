//! The script of a job.

use std::path::{Path, PathBuf};

use minijinja::{Environment, UndefinedBehavior, context};

use super::error::SlurmError;
use super::job::{Job, Work, word};
use super::settings::Settings;
use crate::runs::State;

/// The script that comes with frostline; its name is that of the file, for messages.
const TEMPLATE: (&str, &str) =
    ("templates/launchers/slurm.sbatch", include_str!("../../../templates/launchers/slurm.sbatch"));

/// Where a sweep's jobs find things; all paths absolute.
#[derive(Clone, Debug)]
pub(super) struct Places {
    /// The frostline that the nodes start.
    pub binary: PathBuf,
    /// The project's folder.
    pub project: PathBuf,
    /// The sweep's folder.
    pub sweep: PathBuf,
    /// The submission's folder.
    pub submission: PathBuf,
}

/// Writes the scripts of one submission.
pub(super) struct Scripts<'a> {
    environment: Environment<'static>,
    settings: &'a Settings,
    places: &'a Places,
    retry: &'a [State],
}

impl<'a> Scripts<'a> {
    /// With a site's template, whose text is given with its path, or with frostline's own.
    ///
    /// # Errors
    ///
    /// A template that is none.
    pub fn new(settings: &'a Settings, places: &'a Places, site: Option<(&Path, String)>) -> Result<Self, SlurmError> {
        let (path, text) = site.unwrap_or_else(|| (Path::new(TEMPLATE.0), TEMPLATE.1.to_owned()));
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.add_filter("shell", |text: &str| quoted(text));
        environment.add_filter("sbatch", |text: &str| quoted_for_sbatch(text));
        let template = |source| SlurmError::Template { path: path.to_owned(), source };
        environment.add_template_owned("job", text).map_err(template)?;
        Ok(Self { environment, settings, places, retry: &[] })
    }

    /// Points that ended so are to be taken up again.
    pub fn with_retry(self, retry: &'a [State]) -> Self {
        Self { retry, ..self }
    }

    /// The script of a job that starts after others, whose numbers are given.
    ///
    /// # Errors
    ///
    /// A template that asks for what there is not; a path that is no UTF-8.
    pub fn script(&self, job: &Job, after: &After) -> Result<String, SlurmError> {
        let places = self.places;
        let in_submission = |name: String| text(&places.submission.join(name));
        let array = self.array(&job.work);
        let index = if array.is_some() { "-%a" } else { "" };
        // In which Slurm replaces what follows a percent sign.
        let log = format!("{}{index}.log", in_submission(job.name.clone())?.replace('%', "%%"));
        let mut options = self.settings.options(&job.work);
        options.extend(array.clone());
        options.extend(after.options());
        let values = context! {
            purpose => &job.purpose,
            job_name => format!("{}-{}", places.submission.file_name().unwrap_or_default().to_string_lossy(), job.name),
            comment => text(&places.sweep)?,
            project => text(&places.project)?,
            folder => text(&places.sweep)?,
            binary => text(&places.binary)?,
            log => log,
            tasks => in_submission(format!("{}.tasks", job.name))?,
            array => array.is_some(),
            one_task_per_index => matches!(job.work, Work::Tasks(_)),
            warning_seconds => self.settings.warning,
            options => options,
            arguments => self.arguments(&job.work)?,
        };
        let template = self.environment.get_template("job").and_then(|template| template.render(values));
        let path = || self.settings.template.clone().unwrap_or_else(|| PathBuf::from(TEMPLATE.0));
        template.map_err(|source| SlurmError::Template { path: path(), source })
    }

    fn array(&self, work: &Work) -> Option<String> {
        let count = match work {
            Work::Tasks(tasks) => tasks.len() as u32,
            Work::Workers(count) => *count,
            Work::Shared(..) | Work::Results => return None,
        };
        let limit = self.settings.array_limit.map_or_else(String::new, |limit| format!("%{limit}"));
        Some(format!("--array=0-{}{limit}", count - 1))
    }

    /// What the binary is called with.
    fn arguments(&self, work: &Work) -> Result<String, SlurmError> {
        let folder = quoted(&text(&self.places.sweep)?);
        let what = match work {
            Work::Shared(part, task) => format!("--shared {} --point {}", word(*part), quoted(task)),
            Work::Tasks(_) => "--point \"$task\"".to_owned(),
            Work::Workers(_) => "--next".to_owned(),
            Work::Results => "--results".to_owned(),
        };
        let retry = match (work, self.retry) {
            (Work::Tasks(_) | Work::Workers(_), [_, ..]) => {
                format!(" --retry {}", self.retry.iter().map(|state| state.word()).collect::<Vec<_>>().join(","))
            }
            (Work::Tasks(_) | Work::Workers(_) | Work::Shared(..) | Work::Results, _) => String::new(),
        };
        Ok(format!("sweep-task {folder} {what}{retry}"))
    }
}

/// The numbers of the jobs that a job starts after.
#[derive(Clone, Debug, Default)]
pub(super) struct After {
    /// They must have ended well.
    pub ok: Vec<String>,
    /// They must have ended, however.
    pub any: Vec<String>,
}

impl After {
    fn options(&self) -> Vec<String> {
        let list = |kind: &str, jobs: &[String]| (!jobs.is_empty()).then(|| format!("{kind}:{}", jobs.join(":")));
        let kinds: Vec<String> =
            [list("afterok", &self.ok), list("afterany", &self.any)].into_iter().flatten().collect();
        match kinds.is_empty() {
            true => Vec::new(),
            false => vec![format!("--dependency={}", kinds.join(",")), "--kill-on-invalid-dep=yes".to_owned()],
        }
    }
}

fn text(path: &Path) -> Result<String, SlurmError> {
    path.to_str().map(str::to_owned).ok_or_else(|| SlurmError::Path { path: path.to_owned() })
}

/// A text as one word of a shell.
fn quoted(text: &str) -> String {
    match is_plain(text) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

/// A text as one word of a line that begins with `#SBATCH`, in which a backslash also counts between quotes.
fn quoted_for_sbatch(text: &str) -> String {
    match is_plain(text) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\\', r"\\").replace('\'', r"\'")),
    }
}

fn is_plain(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+:@%=,".contains(&byte);
    !text.is_empty() && text.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::super::settings::tests::settings;
    use super::*;
    use crate::stages::Part;

    fn places() -> Places {
        Places {
            binary: "/opt/frostline".into(),
            project: "/home/me/my project".into(),
            sweep: "/home/me/my project/runs/a/sweeps/0001-ab12cd34".into(),
            submission: "/home/me/my project/runs/a/sweeps/0001-ab12cd34/slurm/0001".into(),
        }
    }

    fn job(work: Work) -> Job {
        let name = "points-1".to_owned();
        let purpose = "Runs of the sweep's points, one for each index of the array.".to_owned();
        Job { name, purpose, work, after_ok: Vec::new(), after_any: Vec::new() }
    }

    #[test]
    fn an_array_is_a_script_to_read() {
        let (settings, places) = (settings(), places());
        let scripts = Scripts::new(&settings, &places, None).expect("frostline's own template");
        let after = After { ok: vec!["17".to_owned()], any: Vec::new() };
        let tasks = Work::Tasks(vec!["0001-seed0".to_owned(), "0002-seed0".to_owned()]);
        insta::assert_snapshot!(scripts.script(&job(tasks), &after).expect("all that it asks for is there"));
    }

    #[test]
    fn shared_work_is_a_job_of_its_own() {
        let (settings, places) = (settings(), places());
        let scripts = Scripts::new(&settings, &places, None).expect("frostline's own template");
        let work = Work::Shared(Part::Features, "0001-seed0".to_owned());
        let script = scripts.script(&job(work), &After::default()).expect("all that it asks for is there");
        assert!(script.contains("--shared bottleneck --point 0001-seed0"), "{script}");
        assert!(!script.contains("--array") && !script.contains("--dependency"), "{script}");
    }

    #[test]
    fn a_template_that_asks_for_what_there_is_not_is_named() {
        let (settings, places) = (settings(), places());
        let site = Some((Path::new("site.sbatch"), "#!/bin/sh\n{{ nonsense }}".to_owned()));
        let scripts = Scripts::new(&settings, &places, site).expect("a template");
        assert!(scripts.script(&job(Work::Results), &After::default()).is_err());
        let broken = Some((Path::new("site.sbatch"), "{{ binary".to_owned()));
        let error = Scripts::new(&settings, &places, broken).err().expect("no template");
        assert_eq!(error.to_string(), "the template `site.sbatch` cannot be used");
    }

    #[test]
    fn a_word_of_a_shell_is_one_word() {
        assert_eq!(quoted("/opt/frost-line_1.0"), "/opt/frost-line_1.0");
        assert_eq!(quoted("it's $HOME"), r"'it'\''s $HOME'");
        assert_eq!(quoted(""), "''");
        assert_eq!(quoted_for_sbatch("--comment=it's C:\\a #1"), r"'--comment=it\'s C:\\a #1'");
        assert_eq!(quoted_for_sbatch("--account=lab"), "--account=lab");
    }
}

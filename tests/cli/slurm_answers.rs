//! What is made of what Slurm's programs may answer, by stand-ins for them: none of this needs a cluster.

use std::os::unix::fs::PermissionsExt;

use tempfile::TempDir;

use crate::cluster::{STATUS, SUBMIT, WAIT, folders, here, project, spec, sweep, text, top};
use crate::project::{Project, Ran};

const DROPOUTS: &str = "\"top.dropout\" = [0.1, 0.2]";

/// Programs that answer in the place of Slurm's.
struct Answers {
    folder: TempDir,
}

impl Answers {
    /// All say nothing.
    fn new() -> Self {
        let answers = Self { folder: tempfile::tempdir().expect("a temporary folder") };
        ["squeue", "sacct", "scontrol", "sbatch"].iter().for_each(|program| answers.program(program, ""));
        answers
    }

    /// The program does what this text of a shell says.
    fn program(&self, name: &str, script: &str) {
        let path = self.folder.path().join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("a file that can be written");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).expect("a mode that can be set");
    }

    /// The program prints this, and notes what it was asked.
    fn answer(&self, name: &str, lines: &[&str]) {
        self.program(name, &format!("echo \"$*\" >> \"$0.asked\"\ncat <<'END'\n{}\nEND", lines.join("\n")));
    }

    /// The program is refused so many times, and then has nothing to tell.
    fn refuse(&self, name: &str, times: u32) {
        let count = "n=$(cat \"$0.count\" 2>/dev/null || echo 0); echo $((n + 1)) > \"$0.count\"";
        let refusal = "echo 'slurm_load_jobs error: Unable to contact slurm controller' >&2; exit 1";
        self.program(name, &format!("{count}\n[ \"$n\" -ge {times} ] || {{ {refusal}; }}"));
        std::fs::remove_file(self.folder.path().join(format!("{name}.count"))).ok();
    }

    /// What the program was asked.
    fn asked(&self, name: &str) -> String {
        text(&self.folder.path().join(format!("{name}.asked")))
    }

    /// A command of a project, with these programs.
    fn frostline(&self, project: &Project, arguments: &[&str]) -> Ran {
        let own = std::env::var_os("PATH").unwrap_or_default();
        let folders = [self.folder.path().to_owned()].into_iter().chain(std::env::split_paths(&own));
        let path = std::env::join_paths(folders).expect("a path");
        Ran::of(project.command(arguments).env("PATH", path).output().expect("the binary starts"))
    }
}

/// The files of a job that was submitted for the project's latest sweep.
fn submitted(project: &Project, (name, number): (&str, &str), tasks: &str, after: &str) {
    let folder = sweep(project).join("slurm/0001");
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    let files = [("sbatch", "#!/bin/bash"), ("job", number), ("tasks", tasks), ("after", after)];
    for (ending, content) in files.iter().filter(|(_, content)| !content.is_empty()) {
        std::fs::write(folder.join(format!("{name}.{ending}")), format!("{content}\n")).expect("a file can be written");
    }
}

/// The last line that was printed.
fn last(text: &str) -> &str {
    text.lines().last().unwrap_or_default()
}

/// Of the runs of an earlier sweep: only what counts as best is another.
#[test]
fn a_sweep_whose_runs_are_all_done_has_its_results_without_any_job() {
    let project = here(&spec(1, DROPOUTS));
    let objective = "[sweep]\nobjective = \"val_loss\"\n[sweep.space]";
    project.spec(&spec(1, DROPOUTS).replace("[sweep.space]", objective));
    let answers = Answers::new();
    let ran = answers.frostline(&project, &SUBMIT);
    assert_eq!((ran.code, last(&ran.stdout)), (0, "2 runs: 2 done"), "{}", ran.stderr);
    assert_eq!(folders(&project.path("runs/a/sweeps")).len(), 2);
    for file in ["trials.csv", "best.toml"] {
        assert!(sweep(&project).join(file).exists(), "{file}");
    }
    assert!(!sweep(&project).join("slurm/0001").exists());
}

#[test]
fn results_whose_job_failed_are_missed_and_the_next_sweep_writes_them() {
    let (project, answers) = (here(&spec(1, DROPOUTS)), Answers::new());
    submitted(&project, ("results", "7"), "", "");
    answers.answer("squeue", &["7|N/A|FAILED|1790000000|NonZeroExitCode|n1|0001-results|x"]);
    let trials = sweep(&project).join("trials.csv");
    let whole = text(&trials);
    std::fs::remove_file(&trials).expect("a file that can be removed");
    let why = "(0001-results: FAILED (NonZeroExitCode)): `frostline sweep` writes it";
    let status = answers.frostline(&project, &STATUS);
    assert_eq!(last(&status.stdout), format!("2 runs: 2 done; no trials.csv {why}"));
    assert_eq!(answers.frostline(&project, &WAIT).code, 6);
    std::fs::write(&trials, "of yesterday\n").expect("a file that can be written");
    let status = answers.frostline(&project, &STATUS);
    assert_eq!(last(&status.stdout), format!("2 runs: 2 done; trials.csv is older than the runs {why}"));
    let ran = answers.frostline(&project, &SUBMIT);
    assert_eq!((ran.code, last(&ran.stdout)), (0, "2 runs: 2 done"), "{}", ran.stderr);
    assert_eq!(text(&trials), whole);
    assert_eq!(answers.frostline(&project, &WAIT).code, 0);
}

#[test]
fn a_slurm_that_does_not_answer_for_a_moment_is_asked_again() {
    let (project, answers) = (here(&spec(1, DROPOUTS)), Answers::new());
    submitted(&project, ("results", "7"), "", "");
    answers.refuse("squeue", 2);
    let waited = answers.frostline(&project, &WAIT);
    assert_eq!(waited.code, 0, "{}", waited.stderr);
    let said = "Unable to contact slurm controller; asking again for up to 10 minutes";
    assert_eq!(waited.stderr.matches("Unable to contact").count(), 1, "{}", waited.stderr);
    assert!(waited.stderr.contains(said) && waited.stderr.contains("2 runs: 2 done"), "{}", waited.stderr);
    answers.refuse("squeue", 1);
    let followed = answers.frostline(&project, &["sweep", "logs", "experiments/a.toml", "1", "--follow"]);
    assert_eq!(followed.code, 0, "{}", followed.stderr);
    assert!(followed.stderr.contains(said), "{}", followed.stderr);
    // Who asks once is told at once.
    answers.refuse("squeue", 1);
    let status = answers.frostline(&project, &STATUS);
    assert_eq!(status.code, 1);
    assert!(status.stderr.contains("error: `squeue` failed"), "{}", status.stderr);
}

/// Of an array whose tasks `squeue` forgets one by one, and of a job that others waited for.
#[test]
fn accounting_tells_how_ended_what_squeue_has_forgotten() {
    let (project, answers) = (project(&spec(1, "\"top.dropout\" = [0.1, 0.2, 0.3]")), Answers::new());
    let frozen = project.frostline(&["sweep", "experiments/a.toml", "--freeze"]);
    assert_eq!(frozen.code, 0, "{}", frozen.stderr);
    submitted(&project, ("bottleneck-1", "6"), "", "");
    submitted(&project, ("points-1", "7"), "0001-seed0", "bottleneck-1");
    submitted(&project, ("points-2", "8"), "0002-seed0\n0003-seed0", "");
    let queue = [
        "7|0|CANCELLED|N/A|DependencyNeverSatisfied||0001-points-1|x",
        "8|0|FAILED|1790000000|NonZeroExitCode|n1|0001-points-2|x",
    ];
    answers.answer("squeue", &queue);
    answers.answer("sacct", &["6|OUT_OF_MEMORY", "8_0|FAILED", "8_1|TIMEOUT"]);
    let status = answers.frostline(&project, &[&STATUS[..], &["--format", "csv"]].concat());
    assert_eq!(status.code, 0, "{}", status.stderr);
    let rows: Vec<&str> = status.stdout.lines().skip(1).collect();
    let reasons = ["0001-bottleneck-1: OUT_OF_MEMORY", "FAILED (NonZeroExitCode)", "TIMEOUT"];
    for (row, reason) in rows.iter().zip(reasons) {
        assert!(row.contains(&format!(",{reason},")), "{reason}: {}", status.stdout);
    }
    assert_eq!(rows.len(), 3);
    let asked = answers.asked("sacct");
    assert!(asked.contains("-j 6,8"), "only of what is forgotten: {asked}");
}

#[test]
fn a_time_limit_that_leaves_no_time_before_the_warning_is_refused_before_anything_is_frozen() {
    let (project, answers) = (project(&spec(1, DROPOUTS)), Answers::new());
    let refused = answers.frostline(&project, &[&SUBMIT[..], &["--time", "2"]].concat());
    assert_eq!(refused.code, 2, "{}", refused.stderr);
    for part in ["`--time 2` gives a job 120 seconds", "`--signal 120`", "hint: more `--time` than 180 seconds"] {
        assert!(refused.stderr.contains(part), "{part}: {}", refused.stderr);
    }
    let unknown = answers.frostline(&project, &[&SUBMIT[..], &["--time", "soon"]].concat());
    assert_eq!(unknown.code, 2);
    assert!(unknown.stderr.contains("'soon'") && unknown.stderr.contains("`days-hours`"), "{}", unknown.stderr);
    assert!(!project.path("runs/a/sweeps").exists());
}

#[test]
fn a_limit_of_arrays_is_one_of_all_of_them_together() {
    let space = format!("\"data.target_size\" = [32, 40]\n{DROPOUTS}");
    let (project, answers) = (project(&spec(1, &space)), Answers::new());
    let points_2 = |more: &[&str]| {
        let ran = answers.frostline(&project, &[&SUBMIT[..], &["--dry-run"], more].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let script = ran.stdout.split("==> ").find(|script| script.starts_with("points-2.sbatch")).map(str::to_owned);
        script.unwrap_or_else(|| panic!("{}", ran.stdout))
    };
    let limited = points_2(&["--array-limit", "2"]);
    assert!(limited.contains("--array=0-1%2") && limited.contains("<bottleneck-2>,afterany:<points-1>"), "{limited}");
    assert!(!points_2(&[]).contains("afterany"));
}

#[test]
fn logs_are_found_by_the_settings_with_which_a_sweep_was_submitted() {
    let project = project(&format!("{}\n[sweep.space]\n{DROPOUTS}\n", top(1)));
    let set = ["--set", "top.epochs=2"];
    let frozen = project.frostline(&[&["sweep", "experiments/a.toml", "--freeze"], &set[..]].concat());
    assert_eq!(frozen.code, 0, "{}", frozen.stderr);
    let logs = ["sweep", "logs", "experiments/a.toml", "1"];
    assert_eq!(project.frostline(&logs).code, 2);
    let found = project.frostline(&[&logs[..], &set].concat());
    assert_eq!(found.code, 0, "{}", found.stderr);
}

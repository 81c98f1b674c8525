//! The templates for launchers: each is what its comments say, as far as it can be tried without a cluster of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::project::{Project, Ran, SPEC};

/// Four points without fine-tuning.
fn project() -> Project {
    let top = SPEC.split("[fine_tune]").next().expect("the part before");
    let project = Project::new();
    project.spec(&format!("{top}\n[sweep.space]\n\"top.dropout\" = [0.1, 0.2]\n\"top.batch_size\" = [2, 4]\n"));
    project
}

fn template(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/launchers").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A program run in a project where `frostline` is on the path.
fn with_frostline(project: &Project, program: &str, arguments: &[&str]) -> Command {
    let bin = Path::new(env!("CARGO_BIN_EXE_frostline")).parent().expect("a folder").to_owned();
    let own = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths([bin].into_iter().chain(std::env::split_paths(&own))).expect("a path");
    let mut command = Command::new(program);
    command.args(arguments).current_dir(project.path("")).env("PATH", path);
    command
}

/// The states in `trials.csv`.
fn states(project: &Project) -> Vec<String> {
    let folder = frozen(project);
    let trials = std::fs::read_to_string(folder.join("trials.csv")).expect("results");
    let mut lines = trials.lines();
    let at = lines.next().expect("a header").split(',').position(|column| column == "state").expect("a column");
    lines.map(|line| line.split(',').nth(at).expect("a state").to_owned()).collect()
}

/// The sweep's folder, frozen if it was not.
fn frozen(project: &Project) -> PathBuf {
    let ran = project.frostline(&["sweep", "experiments/a.toml", "--freeze"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    PathBuf::from(ran.stdout.trim())
}

#[test]
fn a_sites_own_script_takes_the_place_of_frostlines() {
    let project = project();
    project.write("site.sbatch", "#!/bin/sh\n#SBATCH --account=ours\n{{ binary | shell }} {{ arguments }}\n");
    let arguments = ["sweep", "experiments/a.toml", "--launcher", "slurm", "--dry-run", "--template", "site.sbatch"];
    let ran = project.frostline(&arguments);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let scripts: Vec<&str> = ran.stdout.split("==> ").skip(1).collect();
    assert_eq!(scripts.len(), 3, "{}", ran.stdout);
    for script in scripts {
        assert!(script.contains("#SBATCH --account=ours") && script.contains("sweep-task"), "{script}");
        assert!(!script.contains("--requeue"), "{script}");
    }
    project.write("site.sbatch", "#!/bin/sh\n{{ binry }}\n");
    let ran = project.frostline(&arguments);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("site.sbatch` cannot be used"), "{}", ran.stderr);
}

/// The pods of the indexed Job, one after the other, by the command of the template.
#[test]
fn the_pods_of_a_kubernetes_job_do_a_point_each() {
    let project = project();
    let folder = frozen(&project);
    let text = template("kubernetes.yaml").replace("SWEEP_FOLDER", folder.to_str().expect("a path in UTF-8"));
    let script: String = text
        .lines()
        .skip_while(|line| line.trim() != "- |")
        .skip(1)
        .take_while(|line| line.trim() != "resources:")
        .map(|line| format!("{}\n", line.trim()))
        .collect();
    for index in 0..4 {
        let mut command = with_frostline(&project, "sh", &["-c", &script]);
        let ran = Ran::of(command.env("JOB_COMPLETION_INDEX", index.to_string()).output().expect("a shell"));
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    }
    let rest = project.frostline(&["sweep", "experiments/a.toml"]);
    assert_eq!(rest.code, 0, "{}", rest.stderr);
    assert!(!rest.stderr.contains("point 1"), "nothing is left to run: {}", rest.stderr);
    assert_eq!(states(&project), ["done"; 4]);
}

/// On this machine alone, which `parallel` calls `:`.
#[test]
fn parallel_shares_the_points_out() {
    if Command::new("parallel").arg("--version").output().is_err() {
        eprintln!("skipped: no GNU parallel on this machine");
        return;
    }
    let project = project();
    project.write("nodes.txt", "2/:\n");
    project.write("parallel.sh", &template("parallel.sh"));
    let mut command = with_frostline(&project, "bash", &["parallel.sh", "experiments/a.toml", "nodes.txt"]);
    let ran = Ran::of(command.output().expect("bash"));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("4 done") || ran.stderr.contains("4 done"), "{}{}", ran.stdout, ran.stderr);
    assert_eq!(states(&project), ["done"; 4]);
}

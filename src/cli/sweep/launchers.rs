//! Options that one launcher has and the other has not: none is silently ignored.

use crate::cli::args::{Launcher, Slurm, Sweep};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;

/// Refuses an option that the chosen launcher does not have.
pub fn check(args: &Sweep) -> Result<(), Failure> {
    let foreign = match args.launcher {
        Launcher::Local => of_slurm(&args.slurm).map(|option| {
            (
                format!("`{option}` is for the jobs of a cluster, and this process runs the points"),
                "add `--launcher slurm`",
            )
        }),
        Launcher::Slurm => of_this_process(args).map(|(option, hint)| {
            (format!("`{option}` is for points that this process runs, and a cluster runs them"), hint)
        }),
    };
    match foreign {
        Some((what, hint)) => Err(Failure { text: format!("error: {what}\n  hint: {hint}\n"), exit: Exit::Usage }),
        None => Ok(()),
    }
}

/// The first option for a cluster that was given.
fn of_slurm(slurm: &Slurm) -> Option<&'static str> {
    let Slurm { partition, time, cpus, gpus, mem, array_limit, signal, script, extra } = slurm;
    let given = [
        ("--partition", partition.is_some()),
        ("--time", time.is_some()),
        ("--cpus", cpus.is_some()),
        ("--gpus", gpus.is_some()),
        ("--mem", mem.is_some()),
        ("--array-limit", array_limit.is_some()),
        ("--signal", signal.is_some()),
        ("--template", script.is_some()),
        ("--", !extra.is_empty()),
    ];
    given.into_iter().find(|(_, is_given)| *is_given).map(|(option, _)| option)
}

/// The first option for this process that was given, and what there is on a cluster instead.
fn of_this_process(args: &Sweep) -> Option<(&'static str, &'static str)> {
    let given = [
        ("--jobs", args.jobs.is_some(), "`--array-limit` bounds how many points run at once"),
        ("--fail-fast", args.fail_fast, "`frostline sweep cancel` stops the points that are queued or running"),
    ];
    given.into_iter().find(|(_, is_given, _)| *is_given).map(|(option, _, hint)| (option, hint))
}

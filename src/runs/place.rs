//! Where a run ran: the machine, and the commit that its project stood at.

use std::path::Path;
use std::process::Command;

use super::process::ProcessTable;
use super::summary::Machine;

/// This machine, as `summary.json` describes it.
pub fn machine(device: &str, isa: &str, threads: usize) -> Machine {
    Machine {
        host: ProcessTable::default().own().host,
        platform: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        device: device.to_owned(),
        isa: isa.to_owned(),
        threads: threads as u32,
    }
}

/// The commit that a project's folder stands at, followed by `+` if tracked files differ from it; none outside of git.
pub fn commit(project: &Path) -> Option<String> {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").arg("-C").arg(project).args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let commit = git(&["rev-parse", "HEAD"])?;
    let changed = git(&["status", "--porcelain", "--untracked-files=no"])?;
    Some(if changed.is_empty() { commit } else { format!("{commit}+") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_outside_of_git_has_no_commit() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        assert_eq!(commit(folder.path()), None);
    }
}

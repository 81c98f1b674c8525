//! Whether a process is really there. A process number alone says little: numbers are used again, machines restart, and a
//! container has numbers of its own. So a process is known by its number, its start time, the boot, the machine, and the
//! namespace that its number belongs to.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::files;

/// A process, as it describes itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Its number.
    pub pid: u32,
    /// When it started, in clock ticks since the boot.
    pub started: Option<u64>,
    /// The boot of its machine.
    pub boot_id: Option<String>,
    /// The namespace of process numbers.
    pub namespace: Option<String>,
    /// The name of its machine.
    pub host: Option<String>,
}

/// What can be told from here of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It is there.
    Here,
    /// It is gone.
    Gone,
    /// It belongs to another machine or container.
    Elsewhere,
}

/// The process table of Linux, `/proc`, or a test's.
#[derive(Clone, Debug)]
pub(super) struct ProcessTable(PathBuf);

impl Default for ProcessTable {
    fn default() -> Self {
        Self("/proc".into())
    }
}

impl ProcessTable {
    /// A table laid out as `/proc` in another folder.
    #[cfg(test)]
    pub(super) fn at(root: &std::path::Path) -> Self {
        Self(root.to_owned())
    }

    /// This process.
    pub(super) fn own(&self) -> Stamp {
        let pid = std::process::id();
        Stamp {
            pid,
            started: self.start_of(pid),
            boot_id: self.line("sys/kernel/random/boot_id"),
            namespace: std::fs::read_link(self.0.join("self/ns/pid")).ok().map(|link| link.display().to_string()),
            host: self.line("sys/kernel/hostname"),
        }
    }

    /// Whether the process is there.
    pub(super) fn presence(&self, other: &Stamp) -> Presence {
        let own = self.own();
        if other.host != own.host || other.boot_id.is_none() || other.started.is_none() {
            return Presence::Elsewhere;
        }
        if other.boot_id != own.boot_id {
            return Presence::Gone;
        }
        if other.namespace != own.namespace {
            return Presence::Elsewhere;
        }
        if self.start_of(other.pid) == other.started { Presence::Here } else { Presence::Gone }
    }

    /// When a process started; `None` if it is not there, or has ended and only waits to be reaped.
    fn start_of(&self, pid: u32) -> Option<u64> {
        let stat = self.line(&format!("{pid}/stat"))?;
        // The second field is the program's name in brackets, and may itself hold spaces and brackets.
        let (_, fields) = stat.rsplit_once(") ")?;
        let mut fields = fields.split(' ');
        match fields.next()? {
            "Z" | "X" | "x" => None,
            // The start time is field 22 of the whole line; `state` was the third.
            _ => fields.nth(18)?.parse().ok(),
        }
    }

    fn line(&self, name: &str) -> Option<String> {
        /// These files hold one line.
        const LIMIT: u64 = 4096;
        let bytes = files::read_at_most(&self.0.join(name), LIMIT).ok()?;
        Some(String::from_utf8_lossy(&bytes).trim_end().to_owned())
    }
}

impl Presence {
    /// Whether the process is there, seen from this one.
    pub fn of(stamp: &Stamp) -> Self {
        ProcessTable::default().presence(stamp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    fn table(state: &str, started: u64) -> (TempDir, ProcessTable) {
        let folder = tempfile::tempdir().expect("temporary folder");
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            files::create_folder(path.parent().expect("inside the folder")).expect("makes folders");
            files::write_atomic(&path, text.as_bytes()).expect("writes");
        };
        write("sys/kernel/random/boot_id", "boot-one\n");
        write("sys/kernel/hostname", "north\n");
        write("77/stat", &format!("77 (a (b) c) {state} 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 {started} 20\n"));
        let table = ProcessTable::at(folder.path());
        (folder, table)
    }

    fn stamp() -> Stamp {
        let text = |text: &str| Some(text.to_owned());
        Stamp { pid: 77, started: Some(4711), boot_id: text("boot-one"), namespace: None, host: text("north") }
    }

    #[test]
    fn a_process_is_there_if_number_start_and_boot_agree() {
        let (_folder, table) = table("S", 4711);
        assert_eq!(table.presence(&stamp()), Presence::Here);
    }

    #[test]
    fn a_number_used_again_by_another_process_is_not_the_old_one() {
        let (_folder, table) = table("S", 9999);
        assert_eq!(table.presence(&stamp()), Presence::Gone);
    }

    #[test]
    fn a_process_that_ended_and_was_not_reaped_is_gone() {
        let (_folder, table) = table("Z", 4711);
        assert_eq!(table.presence(&stamp()), Presence::Gone);
    }

    #[test]
    fn a_restart_of_the_machine_ends_its_processes() {
        let (_folder, table) = table("S", 4711);
        assert_eq!(table.presence(&Stamp { boot_id: Some("boot-zero".to_owned()), ..stamp() }), Presence::Gone);
    }

    #[test]
    fn another_machine_or_container_cannot_be_judged_from_here() {
        let (_folder, table) = table("S", 4711);
        assert_eq!(table.presence(&Stamp { host: Some("south".to_owned()), ..stamp() }), Presence::Elsewhere);
        assert_eq!(table.presence(&Stamp { namespace: Some("pid:[1]".to_owned()), ..stamp() }), Presence::Elsewhere);
    }

    #[test]
    fn this_process_finds_itself() {
        let table = ProcessTable::default();
        assert_eq!(table.presence(&table.own()), Presence::Here);
    }
}

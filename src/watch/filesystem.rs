//! Which filesystems tell nobody what other machines do to them.

use std::path::{Path, PathBuf};

/// Filesystems that are shared with other machines, or with the machine outside a container or virtual one: the kernel accepts
/// a watch on them and never tells of a change made elsewhere.
const SHARED: [&str; 16] = [
    "nfs",
    "nfs4",
    "cifs",
    "smb2",
    "smb3",
    "smbfs",
    "9p",
    "afs",
    "ceph",
    "lustre",
    "gpfs",
    "beegfs",
    "glusterfs",
    "virtiofs",
    "vboxsf",
    "drvfs",
];

/// The kernel's table of mounts, in the form of `man 5 proc_pid_mountinfo`.
const MOUNTS: &str = "/proc/self/mountinfo";

/// The shared filesystem that a folder lies on, if it does; none also where the system does not tell.
pub(super) fn shared(folder: &Path) -> Option<String> {
    let mounts = crate::files::read_text(Path::new(MOUNTS)).ok()?;
    kind_of(&mounts, folder).filter(|kind| SHARED.contains(&kind.as_str()) || kind.starts_with("fuse."))
}

/// The kind of the filesystem that a folder lies on: of the innermost mount, and of the last where several lie on each other.
fn kind_of(mounts: &str, folder: &Path) -> Option<String> {
    let mount = |line: &str| {
        let (place, kind) = line.split_once(" - ")?;
        let place = PathBuf::from(unescaped(place.split(' ').nth(4)?));
        Some((place, kind.split(' ').next()?.to_owned()))
    };
    let around = mounts.lines().filter_map(mount).filter(|(place, _)| folder.starts_with(place));
    around.max_by_key(|(place, _)| place.components().count()).map(|(_, kind)| kind)
}

/// Blanks and such are written as `\040`.
fn unescaped(text: &str) -> String {
    let mut parts = text.split('\\');
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let code = part.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok());
        match code {
            Some(code) => whole.extend([char::from(code)].into_iter().chain(part[3..].chars())),
            None => whole.extend(['\\'].into_iter().chain(part.chars())),
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "\
22 1 259:2 / / rw,relatime shared:1 - ext4 /dev/root rw
40 22 0:35 / /home rw,relatime shared:20 - nfs4 server:/home rw,vers=4.2
41 40 0:36 / /home/me/fast\\040disk rw - xfs /dev/sdb rw
42 22 0:40 / /mnt/host rw - fuse.sshfs host:/ rw
";

    #[test]
    fn the_innermost_mount_tells_the_filesystem() {
        let kinds = ["/var", "/home/me/experiments", "/home/me/fast disk/e", "/mnt/host/e"]
            .map(|folder| kind_of(TABLE, Path::new(folder)).expect("a mount"));
        assert_eq!(kinds, ["ext4", "nfs4", "xfs", "fuse.sshfs"]);
    }

    #[test]
    fn a_folder_of_this_machine_needs_no_polling() {
        let folder = std::env::current_dir().expect("a folder");
        assert_ne!(shared(&folder).as_deref(), Some("ext4"));
        assert_eq!(kind_of("nonsense\n", &folder), None);
    }
}

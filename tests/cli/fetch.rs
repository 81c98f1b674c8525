//! Public weights, fetched from a server of our own: cut off, killed, stopped, without a network.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::project::{Project, Ran, signal};
use crate::weights::{frostline, rows};

/// What a server gives to one request: so many bytes of the file, from where it is asked to begin.
struct Answer {
    bytes: usize,
    /// Holds the connection until the test lets go of it.
    hold: Option<Receiver<()>>,
}

/// A server of a file, for as many requests as there are answers. Gives which bytes each asked for.
fn serve(content: &'static [u8], answers: Vec<Answer>) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let url = format!("http://{}/file", listener.local_addr().expect("an address"));
    let serving = std::thread::spawn(move || {
        let serve = |answer: Answer| {
            let (stream, _) = listener.accept().expect("a client");
            reply(stream, content, &answer)
        };
        answers.into_iter().map(serve).collect()
    });
    (url, serving)
}

fn reply(mut stream: TcpStream, content: &[u8], answer: &Answer) -> String {
    let lines = BufReader::new(stream.try_clone().expect("a socket")).lines().map(|line| line.expect("text"));
    let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let range = head.iter().find_map(|line| line.to_ascii_lowercase().strip_prefix("range: bytes=").map(str::to_owned));
    let range = range.unwrap_or_default();
    let from: usize = range.trim_end_matches('-').parse().unwrap_or(0);
    let rest = &content[from..];
    let status = if from > 0 { "206 Partial Content" } else { "200 OK" };
    let place = format!("Content-Range: bytes {from}-{}/{}", content.len() - 1, content.len());
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n{place}\r\nConnection: close\r\n\r\n", rest.len());
    // A client that hangs up is its own affair.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&rest[..answer.bytes.min(rest.len())]));
    if let Some(hold) = &answer.hold {
        let _ = hold.recv();
    }
    range
}

fn answer(bytes: usize) -> Answer {
    Answer { bytes, hold: None }
}

/// Something else than the weights.
const CONTENT: &[u8] = &[7; 10_000];

/// What lies in the cache's folder of weights.
fn fetched(project: &Project) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(project.path("cache/frostline/weights")) else { return Vec::new() };
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.retain(|name| !name.ends_with(".lock"));
    names.sort();
    names
}

/// The file that the tests fetch, and its digest.
const NAME: &str = "torchvision";
const FILE: &str = "vgg16-397923af.pth";
const DIGEST: &str = "397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0";

fn part(project: &Project) -> PathBuf {
    project.path(&format!("cache/frostline/weights/{FILE}.part"))
}

#[test]
fn a_transfer_that_is_cut_off_keeps_what_came_goes_on_and_never_passes_for_the_file() {
    let project = Project::new();
    let (url, serving) = serve(CONTENT, vec![answer(6_000), answer(0), answer(10_000)]);
    let ran = frostline(&project, &["fetch", NAME, "--from", &url]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("cut off after 6000 of 10000 bytes"), "{}", ran.stderr);
    assert!(ran.stderr.contains("goes on where it was cut off"), "{}", ran.stderr);
    assert_eq!(fetched(&project), [format!("{FILE}.part")]);
    let listed = rows(&frostline(&project, &["list", "--format", "json"]));
    assert_eq!(listed.iter().filter(|row| row["state"] == "to be fetched").count(), 4, "{listed:#?}");
    let ran = frostline(&project, &["fetch", NAME, "--from", &url]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("what came is not the file") && ran.stderr.contains(DIGEST), "{}", ran.stderr);
    assert_eq!(fetched(&project), [""; 0]);
    assert_eq!(serving.join().expect("it served"), ["", "6000-", "6000-"]);
}

/// Starts a fetch, and waits until so many bytes have come.
fn fetch_up_to(bytes: u64, project: &Project, url: &str) -> Child {
    let mut command = project.command(&["weights", "fetch", NAME, "--from", url]);
    command.env("XDG_CACHE_HOME", project.path("cache")).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary starts");
    while std::fs::metadata(part(project)).map_or(0, |it| it.len()) < bytes {
        assert!(child.try_wait().expect("it can be asked").is_none(), "it waits for the rest");
        std::thread::yield_now();
    }
    child
}

#[test]
fn a_kill_in_a_transfer_leaves_no_half_file() {
    let project = Project::new();
    let (let_go, hold): (Sender<()>, _) = channel();
    let (url, serving) = serve(CONTENT, vec![Answer { bytes: 6_000, hold: Some(hold) }, answer(10_000)]);
    let mut child = fetch_up_to(6_000, &project, &url);
    child.kill().expect("it is at work");
    child.wait().expect("it ends");
    drop(let_go);
    assert_eq!(fetched(&project), [format!("{FILE}.part")]);
    let ran = frostline(&project, &["fetch", NAME, "--from", &url]);
    assert!(ran.code == 4 && ran.stderr.contains("are here already"), "{}", ran.stderr);
    assert_eq!(serving.join().expect("it served"), ["", "6000-"]);
    assert_eq!(fetched(&project), [""; 0]);
}

#[test]
fn without_a_network_fetch_says_what_to_do_by_hand_and_leaves_what_is_there() {
    let project = Project::new();
    let nobody = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port is free");
    let url = format!("http://{nobody}/file");
    let ran = frostline(&project, &["fetch", NAME, "--from", &url]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    let place = project.path(&format!("cache/frostline/weights/{FILE}"));
    let place = place.to_str().expect("text");
    for text in ["no way to the server", "https://download.pytorch.org/models/vgg16-397923af.pth", place, DIGEST] {
        assert!(ran.stderr.contains(text), "{text}: {}", ran.stderr);
    }
    assert_eq!(fetched(&project), [""; 0]);
    std::fs::write(place, "mine").expect("it can be written");
    let ran = frostline(&project, &["fetch", NAME, "--from", &url]);
    assert!(ran.code == 4 && ran.stderr.contains("another file lies in its place"), "{}", ran.stderr);
    assert_eq!(std::fs::read(place).expect("it is there"), b"mine");
    let ran = frostline(&project, &["fetch", "vgg19"]);
    assert!(ran.code == 2 && ran.stderr.contains("known are keras-notop, torchvision"), "{}", ran.stderr);
}

/// Long against what a stop takes, short against how long a silent server is borne with.
const AT_ONCE: Duration = Duration::from_secs(30);

#[test]
fn a_ctrl_c_is_heeded_while_the_server_is_silent_and_what_came_is_kept() {
    let project = Project::new();
    let (let_go, hold): (Sender<()>, _) = channel();
    let (url, serving) = serve(CONTENT, vec![Answer { bytes: 6_000, hold: Some(hold) }, answer(10_000)]);
    let child = fetch_up_to(6_000, &project, &url);
    let asked = Instant::now();
    signal(&child, "INT");
    let ran = Ran::of(child.wait_with_output().expect("it ends"));
    assert!(asked.elapsed() < AT_ONCE, "{:?}", asked.elapsed());
    assert_eq!(ran.code, 130, "{}", ran.stderr);
    assert!(ran.stderr.contains("what has come is kept"), "{}", ran.stderr);
    assert_eq!(std::fs::read(part(&project)).expect("it is kept"), CONTENT[..6_000]);
    drop(let_go);
    let ran = frostline(&project, &["fetch", NAME, "--from", &url]);
    assert!(ran.stderr.contains("are here already"), "{}", ran.stderr);
    assert_eq!(serving.join().expect("it served"), ["", "6000-"]);
}

//! Fetching public files from a server of our own: whole, cut off, corrupted, without a network.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};

use frostline::stop::StopToken;
use frostline::weights::{
    FetchError, FetchProblem, Fetched, KNOWN_ORIGINS, KnownFile, Order, Pin, Preprocess, Step, fetch, file_sha256,
};
use tempfile::TempDir;

/// How a server answers one request.
#[derive(Clone, Copy)]
enum Answer {
    /// What is asked for.
    Right,
    /// What is asked for, of which only so many bytes come.
    CutAfter(usize),
    /// Everything, whatever range is asked for.
    Everything,
    /// What is asked for, with one bit turned in the middle.
    Corrupted,
    /// Nothing but a status.
    Status(&'static str),
}

/// A server that answers requests one after the other, and notes which bytes they asked for.
struct Server {
    url: String,
    asked: Arc<Mutex<Vec<Option<String>>>>,
}

impl Server {
    fn start(content: Vec<u8>, answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let url = format!("http://{}/file", listener.local_addr().expect("an address"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (noted, answers): (_, Vec<Answer>) = (Arc::clone(&asked), answers.into_iter().collect());
        std::thread::spawn(move || {
            for answer in answers {
                let (stream, _) = listener.accept().expect("a client");
                let range = range_of(&stream);
                noted.lock().expect("nobody panicked").push(range.clone());
                // A client that hangs up is its own affair.
                let _ = reply(stream, &content, range.as_deref(), answer);
            }
        });
        Self { url, asked }
    }

    fn asked(&self) -> Vec<Option<String>> {
        self.asked.lock().expect("nobody panicked").clone()
    }
}

/// Reads a request to its end and gives its `Range`.
fn range_of(stream: &TcpStream) -> Option<String> {
    let mut range = None;
    for line in BufReader::new(stream).lines().map(|line| line.expect("a request is text")) {
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("range")) {
            range = Some(value.trim().to_owned());
            assert_eq!(name.len(), 5);
        }
    }
    range
}

fn reply(mut stream: TcpStream, content: &[u8], range: Option<&str>, answer: Answer) -> std::io::Result<()> {
    if let Answer::Status(status) = answer {
        return write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    }
    let from = range.filter(|_| !matches!(answer, Answer::Everything));
    let from = from.map_or(0, |range| range["bytes=".len()..range.len() - 1].parse().expect("a number"));
    if from >= content.len() && from > 0 {
        write!(stream, "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */{}\r\n", content.len())?;
        return write!(stream, "Content-Length: 0\r\nConnection: close\r\n\r\n");
    }
    let mut body = content[from..].to_vec();
    let status = if from > 0 { "206 Partial Content" } else { "200 OK" };
    write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n", body.len())?;
    if from > 0 {
        write!(stream, "Content-Range: bytes {from}-{}/{}\r\n", content.len() - 1, content.len())?;
    }
    write!(stream, "\r\n")?;
    match answer {
        Answer::CutAfter(bytes) => body.truncate(bytes),
        Answer::Corrupted => {
            let middle = body.len() / 2;
            body[middle] ^= 1;
        }
        Answer::Right | Answer::Everything | Answer::Status(_) => {}
    }
    stream.write_all(&body)?;
    stream.flush()
}

/// A file of some size that no compression and no accident repeats.
fn content() -> Vec<u8> {
    (0u32..100_000).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}

/// The known file with that content.
fn known(content: &[u8]) -> KnownFile {
    KnownFile {
        name: "small",
        url: "https://example.org/small.bin",
        file_name: "small.bin",
        bytes: Some(content.len() as u64),
        pin: Pin::Sha256(digest(content).leak()),
        origin: "a test",
        preprocess: Preprocess::Unit,
    }
}

fn digest(content: &[u8]) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("x"), content).expect("it can be written");
    file_sha256(&folder.path().join("x")).expect("it can be read")
}

/// Fetches into a folder, and gives what it told.
fn fetched(file: &KnownFile, folder: &Path, url: &str) -> (Result<Fetched, FetchError>, Vec<Step>) {
    let mut told = Vec::new();
    let order = Order { file, folder, from: Some(url) };
    let result = fetch(order, &StopToken::new(), &mut |step| told.push(step));
    (result, told)
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn names(folder: &TempDir) -> Vec<String> {
    let entries = std::fs::read_dir(folder.path()).expect("the folder is there");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_file_comes_once_and_is_there_ever_after() {
    let (folder, content) = (folder(), content());
    let server = Server::start(content.clone(), [Answer::Right]);
    let path = folder.path().join("small.bin");
    let (result, told) = fetched(&known(&content), folder.path(), &server.url);
    assert_eq!(result.expect("it comes"), Fetched::Now(path.clone()));
    assert_eq!(told.first(), Some(&Step::Began { from: 0, total: Some(100_000) }));
    assert_eq!(told[told.len() - 2..], [Step::At(100_000), Step::Checking]);
    assert_eq!(std::fs::read(&path).expect("it is there"), content);
    assert_eq!(names(&folder), ["small.bin"]);
    let (result, _) = fetched(&known(&content), folder.path(), &server.url);
    assert_eq!(result.expect("it is there"), Fetched::Before(path));
    assert_eq!(server.asked(), [None]);
}

#[test]
fn a_transfer_that_is_cut_off_goes_on_where_it_was() {
    let (folder, content) = (folder(), content());
    let server = Server::start(content.clone(), [Answer::CutAfter(60_000), Answer::CutAfter(10_000), Answer::Right]);
    let (result, told) = fetched(&known(&content), folder.path(), &server.url);
    assert!(matches!(result, Ok(Fetched::Now(_))), "{result:?}");
    assert_eq!(server.asked(), [None, Some("bytes=60000-".to_owned()), Some("bytes=70000-".to_owned())]);
    assert!(told.contains(&Step::Again) && told.contains(&Step::Began { from: 70_000, total: Some(100_000) }));
}

#[test]
fn what_has_come_of_a_fetch_that_failed_is_kept_for_the_next() {
    let (folder, content) = (folder(), content());
    let server = Server::start(content.clone(), [Answer::CutAfter(60_000), Answer::CutAfter(0), Answer::Right]);
    let (result, _) = fetched(&known(&content), folder.path(), &server.url);
    let error = result.expect_err("it is cut off");
    assert!(matches!(error.problem, FetchProblem::CutOff { got: 60_000, total: Some(100_000), .. }), "{error:?}");
    assert!(error.hint().is_some_and(|hint| hint.contains("goes on where it was cut off")));
    assert_eq!(std::fs::read(folder.path().join("small.bin.part")).expect("it is kept"), content[..60_000]);
    let (result, _) = fetched(&known(&content), folder.path(), &server.url);
    assert!(matches!(result, Ok(Fetched::Now(_))), "{result:?}");
    assert_eq!(server.asked()[2], Some("bytes=60000-".to_owned()));
}

#[test]
fn a_corrupted_transfer_is_thrown_away_and_both_digests_are_told() {
    let (folder, content) = (folder(), content());
    let file = known(&content);
    let server = Server::start(content.clone(), [Answer::Corrupted, Answer::Right]);
    let (result, _) = fetched(&file, folder.path(), &server.url);
    let error = result.expect_err("it is corrupted");
    let FetchProblem::Corrupted { found, expected } = &error.problem else { panic!("{error:?}") };
    assert!(found != expected && *expected == file.pin.shown(), "{error:?}");
    assert!(!names(&folder).iter().any(|name| name.ends_with("part") || name == "small.bin"), "{:?}", names(&folder));
    let (result, _) = fetched(&file, folder.path(), &server.url);
    assert!(matches!(result, Ok(Fetched::Now(_))), "{result:?}");
}

#[test]
fn a_server_that_knows_no_ranges_sends_everything_again() {
    let (folder, content) = (folder(), content());
    let server = Server::start(content.clone(), [Answer::CutAfter(60_000), Answer::Everything]);
    let (result, told) = fetched(&known(&content), folder.path(), &server.url);
    assert!(matches!(result, Ok(Fetched::Now(_))), "{result:?}");
    assert_eq!(told.iter().filter(|step| **step == Step::Began { from: 0, total: Some(100_000) }).count(), 2);
}

#[test]
fn more_than_the_server_has_is_thrown_away_and_fetched_anew() {
    let (folder, content) = (folder(), content());
    std::fs::write(folder.path().join("small.bin.part"), vec![7; 200_000]).expect("it can be written");
    let server = Server::start(content.clone(), [Answer::Right, Answer::Right]);
    let (result, _) = fetched(&known(&content), folder.path(), &server.url);
    assert!(matches!(result, Ok(Fetched::Now(_))), "{result:?}");
    assert_eq!(server.asked(), [Some("bytes=200000-".to_owned()), None]);
}

#[test]
fn what_came_whole_and_was_not_checked_yet_is_not_fetched_again() {
    let (folder, content) = (folder(), content());
    std::fs::write(folder.path().join("small.bin.part"), &content).expect("it can be written");
    let server = Server::start(content.clone(), [Answer::Right]);
    let (result, _) = fetched(&known(&content), folder.path(), &server.url);
    assert!(matches!(result, Ok(Fetched::Now(_))), "{result:?}");
    assert_eq!(
        (server.asked(), names(&folder)),
        (vec![Some("bytes=100000-".to_owned())], vec!["small.bin".to_owned()])
    );
}

#[test]
fn without_a_network_it_says_what_to_download_and_where_to_put_it() {
    let (folder, content) = (folder(), content());
    let file = known(&content);
    let nobody = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port is free");
    let (result, _) = fetched(&file, folder.path(), &format!("http://{nobody}/file"));
    let error = result.expect_err("nobody is there");
    assert!(matches!(error.problem, FetchProblem::Unreachable(_)), "{error:?}");
    let hint = error.hint().expect("there is a way by hand");
    let path = folder.path().join("small.bin");
    for part in
        ["https://example.org/small.bin", path.to_str().expect("text"), "weights fetch small", &file.pin.shown()]
    {
        assert!(hint.contains(part), "{hint}");
    }
    std::fs::write(&path, &content).expect("by hand");
    let (result, _) = fetched(&file, folder.path(), &format!("http://{nobody}/file"));
    assert_eq!(result.expect("it is there"), Fetched::Before(path));
}

#[test]
fn a_server_that_refuses_is_told_by_its_status() {
    let (folder, content) = (folder(), content());
    let server = Server::start(content.clone(), [Answer::Status("404 Not Found")]);
    let (result, _) = fetched(&known(&content), folder.path(), &server.url);
    assert!(matches!(result.expect_err("it is not there").problem, FetchProblem::Status { status: 404 }));
}

#[test]
fn another_file_in_its_place_is_never_overwritten() {
    let (folder, content) = (folder(), content());
    std::fs::write(folder.path().join("small.bin"), "mine").expect("it can be written");
    let (result, _) = fetched(&known(&content), folder.path(), "http://127.0.0.1:1/file");
    let error = result.expect_err("another is there");
    assert!(matches!(error.problem, FetchProblem::Another { .. }), "{error:?}");
    assert_eq!(std::fs::read(folder.path().join("small.bin")).expect("it is there"), b"mine");
}

#[test]
fn a_file_with_the_right_digest_and_other_values_does_not_pass_for_the_training() {
    let (folder, content) = (folder(), content());
    let pin = Pin::Sha256AndValues(digest(&content).leak(), &KNOWN_ORIGINS[0]);
    let server = Server::start(content.clone(), [Answer::Right]);
    let (result, _) = fetched(&KnownFile { pin, ..known(&content) }, folder.path(), &server.url);
    assert!(matches!(result.expect_err("no weights").problem, FetchProblem::Values { .. }));
}

#[test]
fn a_stop_is_heeded_before_a_silent_server_says_anything() {
    let (folder, file, stop) = (folder(), known(&content()), StopToken::new());
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let url = format!("http://{}/file", listener.local_addr().expect("an address"));
    let (asked, (let_go, hold)) = (stop.clone(), channel::<()>());
    let server = std::thread::spawn(move || {
        let (stream, _) = listener.accept().expect("a client");
        range_of(&stream);
        asked.request();
        hold.recv().expect_err("the test lets go without a word");
    });
    let order = Order { file: &file, folder: folder.path(), from: Some(&url) };
    let error = fetch(order, &stop, &mut |_| {}).expect_err("it was stopped");
    assert!(matches!(error.problem, FetchProblem::Stopped), "{error:?}");
    drop(let_go);
    server.join().expect("it held its tongue");
}

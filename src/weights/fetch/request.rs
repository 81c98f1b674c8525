//! An HTTP request on a thread of its own, so that a silent server keeps nobody from stopping.
//!
//! The thread only brings what comes; it writes nothing. Whoever stops listening is heard at its next piece, which it throws away.

use std::io::{ErrorKind, Read};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use ureq::http::{HeaderMap, StatusCode, header};
use ureq::{Agent, Body};

use super::error::FetchProblem;
use crate::stop::StopToken;

/// How long a stop may go unheard while nothing comes: too short for people to notice, too long to cost anything.
const GLANCE: Duration = Duration::from_millis(50);
/// Read at a time: large against the cost of a call, small against memory.
const CHUNK: usize = 1 << 18;
/// Pieces that may wait for the disk.
const WAITING: usize = 4;

/// What a server says before it gives anything.
pub(super) type Head = (StatusCode, HeaderMap);

/// A request under way.
pub(super) struct Request {
    head: Receiver<Result<Head, ureq::Error>>,
    pieces: Receiver<std::io::Result<Vec<u8>>>,
}

impl Request {
    /// Asks for everything after the first `held` bytes.
    pub(super) fn send(agent: &Agent, url: &str, held: u64) -> Self {
        let (tell_head, head) = sync_channel(1);
        let (tell_piece, pieces) = sync_channel(WAITING);
        let range = (held > 0).then(|| format!("bytes={held}-"));
        let request = range.into_iter().fold(agent.get(url), |request, range| request.header(header::RANGE, range));
        std::thread::spawn(move || {
            let (head, body) = match request.call() {
                Ok(response) => {
                    let (parts, body) = response.into_parts();
                    (Ok((parts.status, parts.headers)), Some(body))
                }
                Err(error) => (Err(error), None),
            };
            if let (Ok(()), Some(body)) = (tell_head.send(head), body) {
                bring(body, &tell_piece);
            }
        });
        Self { head, pieces }
    }

    /// Waits for what the server says first.
    pub(super) fn head(&self, stop: &StopToken) -> Result<Head, FetchProblem> {
        let head = unless_stopped(&self.head, stop)?.expect("the thread says how the call went before it ends");
        head.map_err(|error| FetchProblem::Unreachable(Box::new(error)))
    }

    /// Waits for the next piece; none is the end.
    pub(super) fn piece(&self, stop: &StopToken) -> Result<Option<std::io::Result<Vec<u8>>>, FetchProblem> {
        unless_stopped(&self.pieces, stop)
    }
}

/// Waits for something to come; none where nothing can come any more.
fn unless_stopped<T>(coming: &Receiver<T>, stop: &StopToken) -> Result<Option<T>, FetchProblem> {
    loop {
        if stop.is_requested() {
            return Err(FetchProblem::Stopped);
        }
        match coming.recv_timeout(GLANCE) {
            Ok(come) => return Ok(Some(come)),
            Err(RecvTimeoutError::Disconnected) => return Ok(None),
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

/// Passes a body on, until it ends or nobody wants more of it.
fn bring(body: Body, pieces: &SyncSender<std::io::Result<Vec<u8>>>) {
    let (mut reader, mut chunk) = (body.into_reader(), vec![0; CHUNK]);
    loop {
        let piece = match reader.read(&mut chunk) {
            Ok(0) => return,
            Ok(count) => Ok(chunk[..count].to_vec()),
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => Err(error),
        };
        let last = piece.is_err();
        if pieces.send(piece).is_err() || last {
            return;
        }
    }
}

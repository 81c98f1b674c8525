//! One HTTP transfer into a partial file, from where an earlier one ended.

use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::Duration;

use ureq::Agent;
use ureq::http::{HeaderMap, StatusCode, header};

use super::error::FetchProblem;
use super::order::Step;
use super::request::Request;
use crate::files::{Appender, remove_file};
use crate::stop::StopToken;

/// A server that does not answer in this time will not.
const PATIENCE: Duration = Duration::from_secs(30);
/// Nothing at all for this long is a transfer that was cut off.
const SILENCE: Duration = Duration::from_secs(60);

/// An HTTP client that gives up on silent servers.
pub(super) fn agent() -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .timeout_resolve(Some(PATIENCE))
        .timeout_connect(Some(PATIENCE))
        .timeout_recv_response(Some(SILENCE))
        .timeout_per_read(Some(SILENCE))
        .user_agent(concat!("frostline/", env!("CARGO_PKG_VERSION")))
        .build()
        .into()
}

/// How a transfer ended.
pub(super) enum Ended {
    /// Everything the server has is here.
    Whole,
    /// The connection broke: with so many bytes here of so many.
    CutOff { got: u64, total: Option<u64>, source: io::Error },
}

/// Fetches what `part` lacks of `url`.
pub(super) fn transfer(
    agent: &Agent,
    url: &str,
    part: &Path,
    stop: &StopToken,
    told: &mut dyn FnMut(Step),
) -> Result<Ended, FetchProblem> {
    let held = std::fs::metadata(part).map_or(0, |metadata| metadata.len());
    let request = Request::send(agent, url, held);
    let (status, headers) = request.head(stop)?;
    let (from, total) = match (status, content_range(&headers)) {
        (StatusCode::OK, _) => (0, length(&headers)),
        (StatusCode::PARTIAL_CONTENT, Some((from, total))) if from == held => (from, total),
        // Everything was here already, but not yet checked.
        (StatusCode::RANGE_NOT_SATISFIABLE, _) if held > 0 && whole_length(&headers) == Some(held) => {
            return Ok(Ended::Whole);
        }
        // What is here is not a beginning of what is there: it comes anew.
        (StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE, _) if held > 0 => {
            remove_file(part)?;
            return transfer(agent, url, part, stop, told);
        }
        (other, _) => return Err(FetchProblem::Status { status: other.as_u16() }),
    };
    if from == 0 && held > 0 {
        remove_file(part)?;
    }
    told(Step::Began { from, total });
    receive(&request, part, (from, total), stop, told)
}

/// Appends what comes to the partial file, as far as it comes.
fn receive(
    request: &Request,
    part: &Path,
    (from, total): (u64, Option<u64>),
    stop: &StopToken,
    told: &mut dyn FnMut(Step),
) -> Result<Ended, FetchProblem> {
    let (mut file, mut got) = (Appender::open(part)?, from);
    loop {
        match request.piece(stop)? {
            Some(Ok(piece)) => {
                file.append(&piece)?;
                got += piece.len() as u64;
                told(Step::At(got));
            }
            Some(Err(source)) => return Ok(Ended::CutOff { got, total, source }),
            None if total.is_none_or(|total| got >= total) => {
                file.sync()?;
                return Ok(Ended::Whole);
            }
            None => return Ok(Ended::CutOff { got, total, source: ErrorKind::UnexpectedEof.into() }),
        }
    }
}

fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// How long the whole is, of which there is nothing at the place asked for: `bytes */200`.
fn whole_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_RANGE)?.to_str().ok()?.strip_prefix("bytes */")?.parse().ok()
}

/// Where a partial content begins, and how long the whole is: `bytes 100-199/200`.
fn content_range(headers: &HeaderMap) -> Option<(u64, Option<u64>)> {
    let text = headers.get(header::CONTENT_RANGE)?.to_str().ok()?;
    let (range, total) = text.strip_prefix("bytes ")?.split_once('/')?;
    Some((range.split_once('-')?.0.parse().ok()?, total.parse().ok()))
}

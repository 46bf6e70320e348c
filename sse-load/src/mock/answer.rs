//! A whole answer, in place of a stream.

use hyper::header::{HeaderName, HeaderValue};

use super::error::StartError;
use super::fault::Fault;

/// A whole answer, in place of a stream. [`Fault::status`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "an answer does nothing until it is a fault of a script"]
pub struct Answer {
    pub(super) code: u16,
    pub(super) body: String,
    pub(super) headers: Vec<(String, String)>,
}

impl Answer {
    pub(super) fn new(code: u16) -> Self {
        Self { code, body: String::new(), headers: Vec::new() }
    }

    /// The whole body; JSON by its content type if it starts with `{`. Default: empty.
    pub fn body(mut self, body: impl Into<String>) -> Self {
        self.body = body.into();
        self
    }

    /// One more header, such as `Retry-After`. One that the server sends by itself is replaced.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub(super) fn check(&self) -> Result<(), StartError> {
        if !(200..600).contains(&self.code) {
            return Err(StartError::Status(self.code));
        }
        self.headers.iter().try_for_each(|(name, value)| check_header(name, value))
    }
}

impl From<Answer> for Fault {
    fn from(answer: Answer) -> Self {
        Self::Status(answer)
    }
}

pub(super) fn check_header(name: &str, value: &str) -> Result<(), StartError> {
    let allowed = HeaderName::try_from(name).is_ok() && HeaderValue::try_from(value).is_ok();
    if allowed { Ok(()) } else { Err(StartError::Header(name.to_owned())) }
}

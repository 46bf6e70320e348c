//! `POST /v1/messages`.

use serde_json::{Value, json};

use super::chat::{Draft, Role};
use super::{Chat, Payload, Prepared};
use crate::client::BuildError;
use crate::protocol::Format;

/// The API demands a bound on the reply.
const MAX_TOKENS: u64 = 1024;

/// An Anthropic message; it always ends with usage.
#[derive(Debug)]
pub struct Anthropic(Draft);

impl Anthropic {
    pub(in crate::client) fn new(model: impl Into<String>) -> Self {
        Self(Draft::new(model))
    }
}

impl Chat for Anthropic {
    fn draft(&mut self) -> &mut Draft {
        &mut self.0
    }

    fn token_limit(&self) -> &'static str {
        "max_tokens"
    }

    fn path(&self) -> String {
        "/v1/messages".to_owned()
    }

    fn format(&self) -> Format {
        Format::Anthropic
    }

    fn headers(&self) -> &'static [(&'static str, &'static str)] {
        &[("anthropic-version", "2023-06-01")]
    }

    fn key_header(&self) -> (&'static str, &'static str) {
        ("x-api-key", "")
    }
}

impl Payload for Anthropic {
    fn prepare(&self) -> Result<Prepared, BuildError> {
        let message = |(role, text): (Role, &str)| json!({"role": role.name(), "content": text});
        let messages: Value = self.0.spoken().map(message).collect();
        let mut base = json!({"model": self.0.model(), "stream": true, "max_tokens": MAX_TOKENS, "messages": messages});
        if let Some(instructions) = self.0.instructions() {
            base["system"] = instructions.into();
        }
        self.0.prepare(base)
    }
}

//! `POST /api/chat` of Ollama.

use serde_json::json;

use super::chat::Draft;
use super::{Chat, Payload, Prepared};
use crate::client::BuildError;
use crate::protocol::Format;

/// An Ollama chat; its last line has usage.
#[derive(Debug)]
pub struct Ollama(Draft);

impl Ollama {
    pub(in crate::client) fn new(model: impl Into<String>) -> Self {
        Self(Draft::new(model))
    }
}

impl Chat for Ollama {
    fn draft(&mut self) -> &mut Draft {
        &mut self.0
    }

    fn token_limit(&self) -> &'static str {
        "num_predict"
    }

    fn options(&self) -> Option<&'static str> {
        Some("options")
    }

    fn path(&self) -> String {
        "/api/chat".to_owned()
    }

    fn format(&self) -> Format {
        Format::Ollama
    }

    fn headers(&self) -> &'static [(&'static str, &'static str)] {
        &[("accept", "application/x-ndjson")]
    }
}

impl Payload for Ollama {
    fn prepare(&self) -> Result<Prepared, BuildError> {
        let base = json!({"model": self.0.model(), "stream": true, "messages": self.0.messages()});
        self.0.prepare(base)
    }
}

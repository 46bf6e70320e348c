//! `POST /v1/responses`.

use serde_json::json;

use super::chat::Draft;
use super::{Chat, Payload, Prepared};
use crate::client::BuildError;
use crate::protocol::Format;

/// An `OpenAI` response; it always ends with usage.
#[derive(Debug)]
pub struct OpenAiResponses(Draft);

impl OpenAiResponses {
    pub(in crate::client) fn new(model: impl Into<String>) -> Self {
        Self(Draft::new(model))
    }
}

impl Chat for OpenAiResponses {
    fn draft(&mut self) -> &mut Draft {
        &mut self.0
    }

    fn token_limit(&self) -> &'static str {
        "max_output_tokens"
    }

    fn path(&self) -> String {
        "/v1/responses".to_owned()
    }

    fn format(&self) -> Format {
        Format::OpenAiResponses
    }
}

impl Payload for OpenAiResponses {
    fn prepare(&self) -> Result<Prepared, BuildError> {
        let base = json!({"model": self.0.model(), "stream": true, "input": self.0.messages()});
        self.0.prepare(base)
    }
}

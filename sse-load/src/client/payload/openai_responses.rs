//! `POST /v1/responses`.

use serde_json::json;

use super::chat::Draft;
use super::{Chat, Payload, Prepared};
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

    fn limit_tokens(&mut self, most: u64) {
        self.0.set("max_output_tokens", most.into());
    }

    fn path(&self) -> String {
        "/v1/responses".to_owned()
    }

    fn format(&self) -> Format {
        Format::OpenAiResponses
    }
}

impl Payload for OpenAiResponses {
    fn prepare(&self) -> Result<Prepared, serde_json::Error> {
        let base = json!({"model": self.0.model(), "stream": true, "input": self.0.messages()});
        self.0.prepare(base)
    }
}

//! `POST /v1/chat/completions`, as `OpenAI`, vLLM, llama.cpp and many others take it.

use serde_json::json;

use super::chat::Draft;
use super::{Chat, Payload, Prepared};
use crate::client::BuildError;
use crate::protocol::Format;

/// An `OpenAI` chat completion; usage is asked for.
#[derive(Debug)]
pub struct OpenAiChat(Draft);

impl OpenAiChat {
    pub(in crate::client) fn new(model: impl Into<String>) -> Self {
        Self(Draft::new(model))
    }
}

impl Chat for OpenAiChat {
    fn draft(&mut self) -> &mut Draft {
        &mut self.0
    }

    fn token_limit(&self) -> &'static str {
        "max_tokens"
    }

    fn path(&self) -> String {
        "/v1/chat/completions".to_owned()
    }

    fn format(&self) -> Format {
        Format::OpenAiChat
    }
}

impl Payload for OpenAiChat {
    fn prepare(&self) -> Result<Prepared, BuildError> {
        let base = json!({
            "model": self.0.model(),
            "stream": true,
            "stream_options": {"include_usage": true},
            "messages": self.0.messages(),
        });
        self.0.prepare(base)
    }
}

//! `POST /v1/chat/completions`, as `OpenAI`, vLLM, llama.cpp and many others take it.

use serde_json::json;

use super::chat::Draft;
use super::{Chat, Payload, Prepared};
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

    fn limit_tokens(&mut self, most: u64) {
        self.0.set("max_tokens", most.into());
    }

    fn path(&self) -> String {
        "/v1/chat/completions".to_owned()
    }

    fn format(&self) -> Format {
        Format::OpenAiChat
    }
}

impl Payload for OpenAiChat {
    fn prepare(&self) -> Result<Prepared, serde_json::Error> {
        let base = json!({
            "model": self.0.model(),
            "stream": true,
            "stream_options": {"include_usage": true},
            "messages": self.0.messages(),
        });
        self.0.prepare(base)
    }
}

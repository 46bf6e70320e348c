//! `POST /v1beta/models/{model}:streamGenerateContent?alt=sse`.

use serde_json::{Value, json};

use super::chat::{Draft, Role};
use super::{Chat, Payload, Prepared};
use crate::client::BuildError;
use crate::protocol::Format;

/// A Gemini generation; every chunk has usage.
#[derive(Debug)]
pub struct Gemini(Draft);

impl Gemini {
    pub(in crate::client) fn new(model: impl Into<String>) -> Self {
        Self(Draft::new(model))
    }
}

impl Chat for Gemini {
    fn draft(&mut self) -> &mut Draft {
        &mut self.0
    }

    fn token_limit(&self) -> &'static str {
        "maxOutputTokens"
    }

    fn options(&self) -> Option<&'static str> {
        Some("generationConfig")
    }

    fn path(&self) -> String {
        format!("/v1beta/models/{}:streamGenerateContent?alt=sse", self.0.model())
    }

    fn format(&self) -> Format {
        Format::Gemini
    }

    fn key_header(&self) -> (&'static str, &'static str) {
        ("x-goog-api-key", "")
    }
}

impl Payload for Gemini {
    fn prepare(&self) -> Result<Prepared, BuildError> {
        let turn = |(role, text): (Role, &str)| {
            let role = if role == Role::Assistant { "model" } else { "user" };
            json!({"role": role, "parts": [{"text": text}]})
        };
        let contents: Value = self.0.spoken().map(turn).collect();
        let mut base = json!({"contents": contents});
        if let Some(instructions) = self.0.instructions() {
            base["systemInstruction"] = json!({"parts": [{"text": instructions}]});
        }
        self.0.prepare(base)
    }
}

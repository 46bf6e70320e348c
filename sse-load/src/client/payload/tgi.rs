//! `POST /generate_stream` of Text Generation Inference.

use serde_json::json;

use super::chat::Draft;
use super::{Chat, Payload, Prepared};
use crate::client::BuildError;
use crate::protocol::Format;

/// A generation by TGI: it knows no turns, so their texts are joined; details, and with them usage, are asked for.
#[derive(Debug)]
pub struct Tgi(Draft);

impl Tgi {
    pub(in crate::client) fn new() -> Self {
        let mut draft = Draft::default();
        draft.set("parameters", json!({"details": true}));
        Self(draft)
    }
}

impl Chat for Tgi {
    fn draft(&mut self) -> &mut Draft {
        &mut self.0
    }

    fn token_limit(&self) -> &'static str {
        "max_new_tokens"
    }

    fn options(&self) -> Option<&'static str> {
        Some("parameters")
    }

    fn path(&self) -> String {
        "/generate_stream".to_owned()
    }

    fn format(&self) -> Format {
        Format::Tgi
    }
}

impl Payload for Tgi {
    fn prepare(&self) -> Result<Prepared, BuildError> {
        let base = json!({"inputs": self.0.prompt()});
        self.0.prepare(base)
    }
}

//! A body as the task gives it.

use serde::Deserialize;

use super::{Payload, Prepared};
use crate::client::BuildError;

/// A body as the task gives it, or none.
#[derive(Debug, Default)]
pub struct Raw(pub(in crate::client) Prepared);

impl Payload for Raw {
    fn prepare(&self) -> Result<Prepared, BuildError> {
        Ok(self.0.clone())
    }
}

impl Raw {
    /// A body of JSON, which may name its model.
    pub(in crate::client) fn json(bytes: Vec<u8>) -> Self {
        let model = serde_json::from_slice::<Model>(&bytes).ok().and_then(|body| body.model);
        Self(Prepared { body: Some(bytes.into()), model, prompt: None })
    }
}

/// The one field of a request body that concerns us.
#[derive(Deserialize)]
struct Model {
    model: Option<String>,
}

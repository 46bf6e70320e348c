//! A body as the task gives it.

use super::{Payload, Prepared};

/// A body as the task gives it, or none.
#[derive(Debug, Default)]
pub struct Raw(pub(in crate::client) Prepared);

impl Payload for Raw {
    fn prepare(&self) -> Result<Prepared, serde_json::Error> {
        Ok(self.0.clone())
    }
}

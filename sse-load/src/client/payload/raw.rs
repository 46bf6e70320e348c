//! A body as the task gives it.

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

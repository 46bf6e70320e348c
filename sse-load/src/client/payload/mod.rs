//! Request bodies: raw ones, and those of the common APIs, each a file.
//!
//! A body of an API knows its path, its headers and its format; everything that a request can be told stays.
//!
//! ```no_run
//! use sse_load::prelude::*;
//!
//! # async fn task(ctx: &mut Context) -> TaskResult {
//! let reply = ctx
//!     .openai_chat("gpt-4o-mini")
//!     .system("You are a comedian.")
//!     .user("Tell me a joke.")
//!     .max_tokens(50)
//!     .name("joke")
//!     .send()
//!     .await?;
//! println!("{} ({:?})", reply.text(), reply.usage());
//! # Ok(()) }
//! ```

mod anthropic;
mod chat;
mod gemini;
mod ollama;
mod openai_chat;
mod openai_responses;
mod raw;
mod tgi;

use bytes::Bytes;

pub use anthropic::Anthropic;
pub use chat::{Chat, Role};
pub use gemini::Gemini;
pub use ollama::Ollama;
pub use openai_chat::OpenAiChat;
pub use openai_responses::OpenAiResponses;
pub use raw::Raw;
pub use tgi::Tgi;

use super::BuildError;

/// The body of a request, ready to be sent.
#[derive(Clone, Debug, Default)]
pub struct Prepared {
    /// The bytes; `None` for a request without a body.
    pub body: Option<Bytes>,
    /// The model, which says how tokens are counted if the server does not count them.
    pub model: Option<String>,
    /// The text of the prompt, where it is known.
    pub prompt: Option<String>,
}

/// What a request's body is made of.
pub trait Payload: Send {
    /// The body, before the clock of the request starts.
    ///
    /// # Errors
    /// When it does not serialise to JSON, or says nothing.
    fn prepare(&self) -> Result<Prepared, BuildError>;
}

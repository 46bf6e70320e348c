//! Requests to chat APIs: messages instead of a body.

use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};

use super::payload::{Chat, Role};
use super::request::JSON;
use super::{Context, SseRequest};

impl<'c, P: Chat> SseRequest<'c, P> {
    pub(super) fn chat(context: &'c mut Context, payload: P) -> Self {
        let (path, format) = (payload.path(), payload.format());
        let headers = payload.headers();
        let mut request = Self::new(context, path, payload).format(format);
        request.headers.insert(CONTENT_TYPE, JSON);
        for (name, value) in headers {
            request.headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        // Those of the user win over those of its API.
        request.headers.extend(request.context.headers.clone());
        request
    }

    /// Another path than that of the API's inventor.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// The key, in the header that the API wants it in. No message and no report shows it.
    pub fn api_key(mut self, key: impl AsRef<str>) -> Self {
        let (name, prefix) = self.payload.key_header();
        self.secret_header(HeaderName::from_static(name), &format!("{prefix}{}", key.as_ref()));
        self
    }

    /// Instructions to the model.
    pub fn system(self, text: impl Into<String>) -> Self {
        self.say(Role::System, text)
    }

    /// What the user says.
    pub fn user(self, text: impl Into<String>) -> Self {
        self.say(Role::User, text)
    }

    /// What the model said in an earlier turn.
    pub fn assistant(self, text: impl Into<String>) -> Self {
        self.say(Role::Assistant, text)
    }

    /// The most tokens that the model may generate: an [`option`](Self::option) under the name that the API has for it, such as
    /// `max_tokens`. `OpenAI`'s reasoning models refuse that name: for them, `.set("max_completion_tokens", n)` instead.
    pub fn max_tokens(self, most: u64) -> Self {
        let name = self.payload.token_limit();
        self.option(name, most)
    }

    /// An option of the generation, such as `temperature`, under the API's own name for it and where the API has it: in
    /// `generationConfig` for Gemini, `options` for Ollama, `parameters` for TGI, and in the body itself for `OpenAI` and
    /// Anthropic.
    ///
    /// ```no_run
    /// # async fn task(ctx: &mut sse_load::client::Context) -> Result<(), sse_load::client::RequestError> {
    /// // {"contents": [..], "generationConfig": {"temperature": 0.2, "topK": 40}}
    /// ctx.gemini("gemini-2.5-flash").user("Hi").option("temperature", 0.2).option("topK", 40).send().await?;
    /// # Ok(()) }
    /// ```
    pub fn option(mut self, name: &str, value: impl Into<serde_json::Value>) -> Self {
        let within = self.payload.options();
        self.payload.draft().set_within(within, name, value.into());
        self
    }

    /// Any field of the body itself, such as `tools`; [`option`](Self::option) knows where options belong. The fields
    /// of an object are added to those of an object that is there under that name; anything else replaces what is there.
    pub fn set(mut self, name: &str, value: impl Into<serde_json::Value>) -> Self {
        self.payload.draft().set(name, value.into());
        self
    }

    /// What somebody said, such as a turn of a recorded conversation.
    pub fn say(mut self, role: Role, text: impl Into<String>) -> Self {
        self.payload.draft().say(role, text.into());
        self
    }
}

//! What bodies of chat APIs have in common: turns of a conversation, a bound on the reply, fields of the API's own.

use serde_json::{Map, Value, json};

use super::{Payload, Prepared};
use crate::client::BuildError;
use crate::protocol::Format;

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The instructions.
    System,
    /// The user.
    User,
    /// The model, in an earlier turn.
    Assistant,
}

impl Role {
    /// The role as most APIs name it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

/// A body made of turns: what [`SseRequest`](crate::client::SseRequest) offers for all of them is written once.
pub trait Chat: Payload {
    /// What has been said and set.
    #[doc(hidden)]
    fn draft(&mut self) -> &mut Draft;

    /// The option that bounds the tokens of the reply.
    fn token_limit(&self) -> &'static str;

    /// The object of the body that holds options such as `temperature`; none where they are fields of the body itself.
    fn options(&self) -> Option<&'static str> {
        None
    }

    /// The path, from the host on.
    fn path(&self) -> String;

    /// The wire format of the reply.
    fn format(&self) -> Format;

    /// Headers that the API asks for.
    fn headers(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// The header that carries a key, and what stands before the key in it.
    fn key_header(&self) -> (&'static str, &'static str) {
        ("authorization", "Bearer ")
    }
}

/// Fields in which one API or another has what is said.
const SAYING: [&str; 5] = ["messages", "contents", "input", "inputs", "prompt"];

/// The turns and fields of a body that is being made.
#[derive(Debug, Default)]
pub struct Draft {
    model: String,
    turns: Vec<(Role, String)>,
    fields: Map<String, Value>,
}

impl Draft {
    pub(super) fn new(model: impl Into<String>) -> Self {
        Self { model: model.into(), ..Self::default() }
    }

    pub(super) fn model(&self) -> &str {
        &self.model
    }

    /// Adds a turn.
    pub(in crate::client) fn say(&mut self, role: Role, text: String) {
        self.turns.push((role, text));
    }

    /// Sets a field of the body. An object is merged into one that is there; else the field wins over what is set otherwise.
    pub(in crate::client) fn set(&mut self, name: &str, value: Value) {
        merge(&mut self.fields, name.to_owned(), value);
    }

    /// Sets a field within an object of the body, or of the body itself.
    pub(in crate::client) fn set_within(&mut self, object: Option<&str>, name: &str, value: Value) {
        match object {
            Some(object) => self.set(object, json!({ name: value })),
            None => self.set(name, value),
        }
    }

    /// The turns as most APIs take them.
    pub(super) fn messages(&self) -> Value {
        let messages = self.turns.iter().map(|(role, text)| json!({"role": role.name(), "content": text}));
        messages.collect()
    }

    /// The turns of the conversation, without the instructions.
    pub(super) fn spoken(&self) -> impl Iterator<Item = (Role, &str)> {
        self.turns.iter().filter(|(role, _)| *role != Role::System).map(|(role, text)| (*role, text.as_str()))
    }

    /// The instructions, joined.
    pub(super) fn instructions(&self) -> Option<String> {
        let parts: Vec<_> =
            self.turns.iter().filter(|(role, _)| *role == Role::System).map(|(_, text)| &**text).collect();
        (!parts.is_empty()).then(|| parts.join("\n"))
    }

    /// The text of all turns: what a tokenizer counts as the prompt, which leaves out the marks between the turns.
    pub(super) fn prompt(&self) -> String {
        self.turns.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join("\n")
    }

    /// The body: `base`, and what was set.
    pub(super) fn prepare(&self, base: Value) -> Result<Prepared, BuildError> {
        if self.turns.is_empty() && !SAYING.iter().any(|field| self.fields.contains_key(*field)) {
            return Err(BuildError::NothingSaid);
        }
        let prompt = Some(self.prompt()).filter(|prompt| !prompt.is_empty());
        let mut body = match base {
            Value::Object(fields) => fields,
            _ => Map::new(),
        };
        for (name, value) in self.fields.clone() {
            merge(&mut body, name, value);
        }
        let body = serde_json::to_vec(&body).map_err(|error| BuildError::Json(error.to_string()))?;
        Ok(Prepared { body: Some(body.into()), model: Some(self.model.clone()), prompt })
    }
}

/// Sets a field. The fields of an object are added to those of one that is there; anything else replaces what is there.
fn merge(fields: &mut Map<String, Value>, name: String, value: Value) {
    match (fields.get_mut(&name), value) {
        (Some(Value::Object(there)), Value::Object(more)) => there.extend(more),
        (_, value) => {
            fields.insert(name, value);
        }
    }
}

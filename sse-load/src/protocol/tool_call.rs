//! Tool calls as several formats send them.

use serde::Deserialize;

use super::Channel;
use super::fields::Fields;
use super::json::Json;

#[derive(Deserialize)]
pub(super) struct ToolCall<'a> {
    #[serde(borrow, default)]
    pub(super) function: Json<'a, Function<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Function<'a> {
    #[serde(borrow, default)]
    name: Json<'a>,
    #[serde(borrow, default)]
    arguments: Json<'a>,
}

impl Function<'_> {
    /// Emits the name and the fragment of the arguments, as output of the answer at this place.
    pub(super) fn emit(&self, place: u32, fields: &mut Fields<'_>) {
        fields.text_of(place, Channel::ToolCall, "name", &self.name);
        fields.text_of(place, Channel::ToolCall, "arguments", &self.arguments);
    }
}

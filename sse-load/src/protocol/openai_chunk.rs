//! What chat completions and completions share: chunks of several choices, with usage and errors beside them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::fields::Fields;
use super::json::{self, Json, List};
use super::{Class, Usage, server_error};

/// One choice of a chunk.
pub(super) trait Choice {
    fn index(&self) -> &Json<'_>;

    fn finish_reason(&self) -> &Json<'_>;

    /// Emits its output, as that of the choice at this place.
    fn emit_output(&self, place: u32, fields: &mut Fields<'_>);
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "C: Deserialize<'de>"))]
pub(super) struct Chunk<'a, C> {
    #[serde(borrow, default)]
    choices: Json<'a, IgnoredAny, List<Json<'a, C>>>,
    #[serde(borrow, default)]
    usage: Json<'a, Box<Counts<'a>>>,
    #[serde(borrow, default)]
    error: Json<'a>,
    #[serde(borrow, default)]
    object: Json<'a>,
}

#[derive(Deserialize)]
struct Counts<'a> {
    #[serde(borrow, default)]
    prompt_tokens: Json<'a>,
    #[serde(borrow, default)]
    completion_tokens: Json<'a>,
}

/// The choices that were seen, by index.
#[derive(Default)]
pub(super) struct Choices {
    finished: BTreeMap<u32, bool>,
    /// How many of them have not finished.
    open: usize,
}

impl Choices {
    pub(super) fn are_open(&self) -> bool {
        self.open > 0
    }

    /// Emits what a chunk means.
    pub(super) fn read<'a, C: Choice + Deserialize<'a>>(
        &mut self,
        data: &'a str,
        mut fields: Fields<'_>,
    ) -> serde_json::Result<()> {
        if let Some(chunk) = json::object::<Chunk<'_, C>>(data)? {
            self.emit_chunk(&chunk, data, &mut fields);
        }
        fields.finish();
        Ok(())
    }

    fn emit_chunk<C: Choice>(&mut self, chunk: &Chunk<'_, C>, data: &str, fields: &mut Fields<'_>) {
        let mut finished = false;
        fields.expect("an array", "choices", &chunk.choices);
        for choice in chunk.choices.list().into_iter().flat_map(List::iter) {
            fields.expect("an object", "choices[]", choice);
            if let Some(choice) = choice.object() {
                let place = place(choice);
                choice.emit_output(place, fields);
                finished |= self.see(place, choice.finish_reason().is_set());
            }
        }
        fields.expect("an object", "usage", &chunk.usage);
        if let Some(usage) = chunk.usage.object().map(|counts| counts.usage()).filter(|usage| !usage.is_empty()) {
            fields.emit(Class::Usage(usage));
        }
        if chunk.error.is_set() || chunk.object.text() == "error" {
            fields.emit(Class::Error(server_error::message(data).into()));
        }
        if finished && self.open == 0 {
            fields.emit(Class::Complete);
        }
    }

    /// Whether the choice finishes here. One that finished stays so, whatever comes after.
    fn see(&mut self, place: u32, at_its_end: bool) -> bool {
        let finished = self.finished.entry(place).or_insert_with(|| {
            self.open += 1;
            false
        });
        let newly = at_its_end && !*finished;
        if newly {
            *finished = true;
            self.open -= 1;
        }
        newly
    }
}

/// The place of a choice among the answers; the first if it says none.
fn place(choice: &impl Choice) -> u32 {
    choice.index().count().and_then(|index| u32::try_from(index).ok()).unwrap_or(0)
}

impl Counts<'_> {
    fn usage(&self) -> Usage {
        Usage { prompt_tokens: self.prompt_tokens.count(), completion_tokens: self.completion_tokens.count() }
    }
}

//! What chat completions and completions share: chunks of several choices, with usage and errors beside them.
//!
//! The tokens of the reply that stand beside a single choice are those of that choice so far: vLLM and `SGLang` count each
//! choice by itself in its chunks, so usage adds them up. Beside no choice or several of them stands the sum.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::choices::{self, Choices};
use super::fields::Fields;
use super::json::{self, Json, List};
use super::{Class, Usage};

/// One choice of a chunk.
pub(super) trait Choice {
    fn index(&self) -> &Json<'_>;

    fn finish_reason(&self) -> &Json<'_>;

    /// Emits its output, as that of the choice at this place.
    fn emit_output(&self, place: u32, fields: &mut Fields<'_>);
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "C: Deserialize<'de>"))]
struct Chunk<'a, C> {
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

/// Emits what a chunk means.
pub(super) fn read<'a, C: Choice + Deserialize<'a>>(
    choices: &mut Choices,
    data: &'a str,
    fields: &mut Fields<'_>,
) -> serde_json::Result<()> {
    if let Some(chunk) = json::object::<Chunk<'_, C>>(data)? {
        emit_chunk(choices, &chunk, data, fields);
    }
    Ok(())
}

fn emit_chunk<C: Choice>(choices: &mut Choices, chunk: &Chunk<'_, C>, data: &str, fields: &mut Fields<'_>) {
    let mut finished = false;
    fields.expect("an array", "choices", &chunk.choices);
    for choice in chunk.choices.list().into_iter().flat_map(List::iter) {
        fields.expect("an object", "choices[]", choice);
        if let Some(choice) = choice.object() {
            let place = choices::place(choice.index());
            choice.emit_output(place, fields);
            finished |= choices.see(place, choice.finish_reason().is_set());
        }
    }
    fields.expect("an object", "usage", &chunk.usage);
    if let Some(counts) = chunk.usage.object() {
        fields.usage(counts.usage(choices, chunk.only_place()));
    }
    if chunk.error.is_set() || chunk.object.text() == "error" {
        fields.failed(data);
    }
    if finished && !choices.is_open() {
        fields.emit(Class::Complete);
    }
}

impl<C: Choice> Chunk<'_, C> {
    /// The place of its choice, if it has only one.
    fn only_place(&self) -> Option<u32> {
        let choice = self.choices.list()?.only()?.object()?;
        Some(choices::place(choice.index()))
    }
}

impl Counts<'_> {
    /// The counts of the whole reply, where these stand beside the choice at this place alone.
    fn usage(&self, choices: &mut Choices, place: Option<u32>) -> Usage {
        let stated = self.completion_tokens.count();
        let completion_tokens = match place {
            Some(place) if stated.is_some() => {
                choices.count(place, stated);
                choices.tokens()
            }
            _ => stated,
        };
        Usage { prompt_tokens: self.prompt_tokens.count(), completion_tokens }
    }
}

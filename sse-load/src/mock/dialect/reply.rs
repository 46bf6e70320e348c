//! What the writer of one stream knows about it.

use std::ops::Range;
use std::sync::Arc;

use serde_json::Value;

use super::super::fault::Fault;
use super::super::script::Script;
use super::super::usage::Usage;
use super::super::words::word;
use super::format::Format;

/// The arguments of a tool call, in the fragments in which they are sent, as they stand inside of a JSON string.
pub(super) const ARGUMENTS: [&str; 3] = [r#"{\"city"#, r#"\":\"Pa"#, r#"ris\"}"#];

/// The arguments of a tool call as an object.
pub(super) const ARGUMENTS_OBJECT: &str = r#"{"city":"Paris"}"#;

/// [`ARGUMENTS`] as the inside of one JSON string.
pub(super) const ARGUMENTS_STRING: &str = r#"{\"city\":\"Paris\"}"#;

/// What a request says about its reply.
#[derive(Debug, Clone, Copy, Default)]
pub(in super::super) struct Wishes<'a> {
    pub(super) path: &'a str,
    /// The member `model` of the body.
    pub(super) model: Option<&'a str>,
    /// `stream_options.include_usage`.
    pub(super) include_usage: bool,
}

impl<'a> Wishes<'a> {
    pub(in super::super) fn of(path: &'a str, body: &'a Value) -> Self {
        Self {
            path,
            model: body.get("model").and_then(Value::as_str),
            include_usage: body.pointer("/stream_options/include_usage") == Some(&Value::Bool(true)),
        }
    }
}

/// One reply, as far as it has come.
#[derive(Debug)]
pub(in super::super) struct Reply {
    pub(super) script: Arc<Script>,
    /// The request's number on its route.
    pub(super) number: u64,
    /// As a JSON string.
    pub(super) model: String,
    pub(super) usage: Usage,
    pub(super) choices: u32,
    /// How many of the first tokens of each choice are reasoning.
    reasoning: u32,
    /// Whether the model refuses to answer.
    pub(super) refused: bool,
    /// Tokens that are planned, for each choice.
    tokens: u32,
    prompt_tokens: u64,
    /// What the counts are wrong by.
    off_by: i64,
    /// The size of the first token's text, if it is no word.
    first_token_bytes: Option<usize>,
    /// Tokens so far, of all choices.
    pub(super) sent: u64,
}

/// The token counts of a stream so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct TokenCounts {
    pub(super) prompt: u64,
    /// With the reasoning.
    pub(super) completion: u64,
    pub(super) reasoning: u64,
}

impl TokenCounts {
    pub(super) fn total(self) -> u64 {
        self.prompt.saturating_add(self.completion)
    }
}

/// What a token is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Channel {
    Reasoning,
    Text,
    Refusal,
}

/// Tokens that share an event.
#[derive(Debug)]
pub(in super::super) struct Piece<'a> {
    pub(super) channel: Channel,
    pub(super) choice: u32,
    /// Their numbers within the choice, from 0.
    pub(super) tokens: Range<u32>,
    /// It needs no escape in JSON.
    pub(super) text: &'a str,
}

impl Reply {
    pub(in super::super) fn new(
        script: &Arc<Script>,
        number: u64,
        tokens: u32,
        prompt_tokens: u64,
        wishes: Wishes<'_>,
        format: &dyn Format,
    ) -> Self {
        let model = wishes.model.or_else(|| model_in(wishes.path)).unwrap_or("mock");
        Self {
            script: Arc::clone(script),
            number,
            model: json_string(model),
            usage: match script.usage {
                Usage::AsAsked => format.usual_usage(wishes.include_usage),
                Usage::Always => format.usual_usage(true),
                other => other,
            },
            choices: if format.has_choices() { script.choices.max(1) } else { 1 },
            reasoning: if format.has_reasoning() { script.reasoning } else { 0 },
            refused: false,
            tokens,
            prompt_tokens: script.prompt_tokens.map_or(prompt_tokens, u64::from),
            off_by: 0,
            first_token_bytes: None,
            sent: 0,
        }
    }

    /// Makes the reply say what the fault wants.
    pub(in super::super) fn apply(&mut self, fault: &Fault) {
        match fault {
            Fault::NoUsage => self.usage = Usage::Never,
            Fault::WrongUsage { off_by } => self.off_by = *off_by,
            Fault::HugeEvent { bytes } => self.first_token_bytes = Some(*bytes),
            Fault::Refusal => self.refused = true,
            _ => {}
        }
    }

    /// The counts of all choices as they are to be shown now.
    pub(super) fn counts(&self) -> TokenCounts {
        self.counts_of(self.choices, self.sent)
    }

    /// The counts of one choice of so many tokens.
    pub(super) fn counts_of_choice(&self, tokens: u64) -> TokenCounts {
        self.counts_of(1, tokens)
    }

    /// Tokens of each choice so far, when all have come equally far.
    pub(super) fn sent_of_choice(&self) -> u64 {
        self.sent / u64::from(self.choices)
    }

    fn counts_of(&self, choices: u32, tokens: u64) -> TokenCounts {
        let reasoning = u64::from(self.reasoning) * u64::from(choices);
        TokenCounts {
            prompt: self.prompt_tokens,
            completion: tokens.saturating_add_signed(self.off_by),
            reasoning: reasoning.min(tokens),
        }
    }

    pub(super) fn has_usage(&self) -> bool {
        self.usage != Usage::Never
    }

    /// Whether any token is to come.
    pub(super) fn has_tokens(&self) -> bool {
        self.tokens > 0
    }

    /// The name of the tool to call, as a JSON string.
    pub(super) fn tool(&self) -> Option<String> {
        self.script.tool.as_deref().map(json_string)
    }

    pub(super) fn channel(&self, token: u32) -> Channel {
        if token < self.reasoning {
            Channel::Reasoning
        } else if self.refused {
            Channel::Refusal
        } else {
            Channel::Text
        }
    }

    /// The tokens, cut where the reasoning ends.
    pub(super) fn by_channel(&self, tokens: &Range<u32>) -> [Range<u32>; 2] {
        let turn = self.reasoning.clamp(tokens.start, tokens.end);
        [tokens.start..turn, turn..tokens.end]
    }

    pub(super) fn text(&self, choice: u32, tokens: Range<u32>) -> String {
        let mut text = String::new();
        for token in tokens {
            text.push(' ');
            match self.first_token_bytes {
                Some(bytes) if token == 0 => text.extend(std::iter::repeat_n('a', bytes.saturating_sub(1))),
                _ => text.push_str(word(self.number.wrapping_add(u64::from(choice)), token)),
            }
        }
        text
    }
}

/// The `m` of `/v1beta/models/m:streamGenerateContent` and `/v2/models/m/generate_stream`.
fn model_in(path: &str) -> Option<&str> {
    let (_, rest) = path.split_once("/models/")?;
    rest.split([':', '/']).next().filter(|model| !model.is_empty())
}

pub(super) fn json_string(text: &str) -> String {
    Value::from(text).to_string()
}

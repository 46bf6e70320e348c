//! What OpenAI's two formats of chunks have alike.

use std::fmt::Arguments;

use super::super::usage::Usage;
use super::framing::Outbox;
use super::reply::{Reply, TokenCounts, json_string};

/// When every reply was made, in seconds since 1970: fixed, so that the same request gets the same bytes.
pub(super) const CREATED: u64 = 1_700_000_000;

/// Where a chunk stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Its choice has so many tokens, those of the chunk included.
    Middle(u64),
    /// It has a finish reason.
    Finish,
    /// It has no choice.
    Last,
}

/// The chunks of one reply.
#[derive(Debug)]
pub(super) struct Chunks {
    /// How the `id` starts.
    pub(super) prefix: &'static str,
    pub(super) object: &'static str,
}

impl Chunks {
    pub(super) fn send(&self, reply: &Reply, place: Place, choice: Arguments<'_>, out: &mut Outbox) {
        let Self { prefix, object } = self;
        out.data(format_args!(
            r#"{{"id":"{prefix}-{}","object":"{object}","created":{CREATED},"model":{},"choices":[{choice}]{}}}"#,
            reply.number,
            reply.model,
            usage(reply, place)
        ));
    }

    /// The chunk that has the counts and no choice.
    pub(super) fn send_usage(&self, reply: &Reply, out: &mut Outbox) {
        if matches!(reply.usage, Usage::Always | Usage::EveryEvent) {
            self.send(reply, Place::Last, format_args!(""), out);
        }
    }
}

/// OpenAI has a null in all chunks if there are counts in the last one. The last one counts all choices, another its own.
fn usage(reply: &Reply, place: Place) -> String {
    let shown = match reply.usage {
        Usage::Always if place != Place::Last => return r#","usage":null"#.into(),
        Usage::Always | Usage::EveryEvent => true,
        Usage::InFinish => place == Place::Finish,
        _ => false,
    };
    let counted = match place {
        _ if !shown => return String::new(),
        Place::Middle(tokens) => reply.counts_of_choice(tokens),
        Place::Finish => reply.counts_of_choice(reply.sent_of_choice()),
        Place::Last => reply.counts(),
    };
    format!(r#","usage":{}"#, counts(counted))
}

fn counts(counts: TokenCounts) -> String {
    let details = match counts.reasoning {
        0 => String::new(),
        reasoning => format!(r#","completion_tokens_details":{{"reasoning_tokens":{reasoning}}}"#),
    };
    format!(
        r#"{{"prompt_tokens":{},"completion_tokens":{},"total_tokens":{}{details}}}"#,
        counts.prompt,
        counts.completion,
        counts.total()
    )
}

pub(super) fn done(out: &mut Outbox) {
    out.data(format_args!("[DONE]"));
}

pub(super) fn error_object(message: &str, out: &mut Outbox) {
    out.data(format_args!(r#"{{"error":{{"message":{},"type":"server_error"}}}}"#, json_string(message)));
}

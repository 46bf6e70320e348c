//! The dialects, and what each of them can say.

use sse_load::mock::Dialect;
use sse_load::prelude::*;
use sse_load::protocol::Channel;

/// Seven words.
pub(super) const PROMPT: &str = " say what the weather is like there";

/// The tokens of the first reply of a route.
pub(super) const WORDS: [&str; 7] = [" time", " of", " day", " and", " a", " new", " way"];

/// How a dialect sends a tool call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    No,
    /// The name and the arguments in one event.
    Whole,
    /// The name, and then the arguments in three events.
    Fragments,
}

/// A dialect.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spoken {
    pub(super) name: &'static str,
    pub(super) dialect: fn() -> Dialect,
    pub(super) format: Format,
    /// The path that the API is known for.
    pub(super) usual_path: &'static str,
    /// One that says nothing of the format; a dialect that the server writes by the path has its end.
    pub(super) neutral_path: &'static str,
    pub(super) reasoning: bool,
    /// The channel of a refusal.
    pub(super) refusal: Channel,
    pub(super) call: Call,
    pub(super) choices: bool,
    /// The names of the events that have reasoning, text, a refusal, the name of a tool and arguments.
    pub(super) events: [&'static str; 5],
}

const MESSAGE: [&str; 5] = ["message"; 5];

/// Plain text, one choice.
const fn plain(name: &'static str, dialect: fn() -> Dialect, format: Format, usual_path: &'static str) -> Spoken {
    Spoken {
        name,
        dialect,
        format,
        usual_path,
        neutral_path: "/x",
        reasoning: false,
        refusal: Channel::Text,
        call: Call::No,
        choices: false,
        events: MESSAGE,
    }
}

/// Reasoning and tool calls beside the text.
const fn rich(spoken: Spoken, call: Call) -> Spoken {
    Spoken { reasoning: true, call, ..spoken }
}

const RESPONSES: [&str; 5] = [
    "response.reasoning_summary_text.delta",
    "response.output_text.delta",
    "response.refusal.delta",
    "response.output_item.added",
    "response.function_call_arguments.delta",
];

const ANTHROPIC: [&str; 5] =
    ["content_block_delta", "content_block_delta", "content_block_delta", "content_block_start", "content_block_delta"];

const COHERE: [&str; 5] = ["content-delta", "content-delta", "content-delta", "tool-call-start", "tool-call-delta"];

pub(super) static ALL: [Spoken; 13] = [
    Spoken {
        choices: true,
        refusal: Channel::Refusal,
        ..rich(plain("chat", || Dialect::OpenAiChat, Format::OpenAiChat, "/v1/chat/completions"), Call::Fragments)
    },
    Spoken {
        choices: true,
        ..plain("completions", || Dialect::OpenAiCompletions, Format::OpenAiCompletions, "/v1/completions")
    },
    Spoken {
        refusal: Channel::Refusal,
        events: RESPONSES,
        ..rich(
            plain("responses", || Dialect::OpenAiResponses, Format::OpenAiResponses, "/v1/responses"),
            Call::Fragments,
        )
    },
    Spoken {
        events: ANTHROPIC,
        ..rich(plain("anthropic", || Dialect::Anthropic, Format::Anthropic, "/v1/messages"), Call::Fragments)
    },
    Spoken {
        choices: true,
        ..rich(
            plain("gemini", || Dialect::Gemini, Format::Gemini, "/v1beta/models/m:streamGenerateContent"),
            Call::Whole,
        )
    },
    Spoken { events: COHERE, ..rich(plain("cohere", || Dialect::Cohere, Format::Cohere, "/v2/chat"), Call::Fragments) },
    rich(plain("ollama-chat", || Dialect::Ollama, Format::Ollama, "/api/chat"), Call::Whole),
    Spoken {
        // It ends as SGLang's path does, so the path tells the wrong format.
        neutral_path: "/x/generate",
        ..rich(plain("ollama-generate", || Dialect::Ollama, Format::Ollama, "/api/generate"), Call::No)
    },
    plain("tgi", || Dialect::Tgi, Format::Tgi, "/generate_stream"),
    plain("triton", || Dialect::Triton, Format::Triton, "/v2/models/m/generate_stream"),
    plain("sglang", || Dialect::SgLang, Format::SgLang, "/generate"),
    plain("llama-cpp", || Dialect::LlamaCpp, Format::LlamaCpp, "/completion"),
    plain("append", || Dialect::Append, Format::Append, "/append"),
];

impl Spoken {
    /// The name of the event that brings output of a channel; the arguments of a call have another than its name.
    pub(super) fn event(&self, channel: Channel, arguments: bool) -> &'static str {
        self.events[match channel {
            Channel::Reasoning => 0,
            Channel::Refusal => 2,
            Channel::ToolCall if !arguments => 3,
            Channel::ToolCall => 4,
            _ => 1,
        }]
    }

    /// The terminal marker in words; `None` if the end of the body is the only end that there is.
    pub(super) fn marker(&self) -> Option<&'static str> {
        Some(match self.format {
            Format::OpenAiResponses => "response.completed or response.incomplete",
            Format::Anthropic => "a stop_reason or message_stop",
            Format::Gemini => "a finishReason",
            Format::Cohere => "a message-end event",
            Format::Ollama => "a line with `\"done\": true`",
            Format::Tgi => "an event with `generated_text`",
            Format::LlamaCpp => "an event with `\"stop\": true`",
            Format::Append => "a close event",
            Format::Triton => return None,
            _ => "a finish_reason",
        })
    }

    /// Whether it counts tokens at all.
    pub(super) fn counts(&self) -> bool {
        !matches!(self.format, Format::Triton | Format::Append)
    }
}

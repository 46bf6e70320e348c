//! The command line.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValue;
use clap::{Parser, ValueEnum};
use sse_load::mock::Dialect;

/// Streams tokens as the servers of language models do, to try out clients and load tests.
///
/// It serves every API on its own usual path (/v1/chat/completions, /v1/responses, /v1/messages, /api/chat and so on),
/// or one dialect on every path, or the events of a JSON file. Cross-origin requests are allowed.
#[derive(Debug, Parser)]
#[command(name = "mock_server", max_term_width = 100)]
pub(crate) struct Arguments {
    /// JSON file with an array; its elements are the events, each sent as one `data:` event
    #[arg(short, long, group = "content")]
    pub(crate) file: Option<PathBuf>,

    /// The one dialect to speak; without it and without a file, every API on its usual path
    #[arg(short, long, group = "content")]
    pub(crate) dialect: Option<NamedDialect>,

    /// Port to listen on; 0 takes a free one
    #[arg(short, long, default_value_t = 8080)]
    pub(crate) port: u16,

    /// Path of the file's stream [default: /sse], or the only path of the dialect [default: every path]
    #[arg(short, long, requires = "content", value_parser = path)]
    pub(crate) endpoint: Option<String>,

    /// Tokens of each stream; a file has its events instead
    #[arg(short, long, default_value_t = 20)]
    pub(crate) tokens: u32,

    /// How many of the first tokens are reasoning
    #[arg(short, long, default_value_t = 0)]
    pub(crate) reasoning: u32,

    /// Name of a tool that is called after the text
    #[arg(long)]
    pub(crate) tool: Option<String>,

    /// Time to the first token, such as 200ms
    #[arg(long, default_value = "0ms", value_parser = humantime::parse_duration)]
    pub(crate) ttft: Duration,

    /// Pause between two events, such as 100ms or 1s
    #[arg(short, long, default_value = "100ms", value_parser = humantime::parse_duration)]
    pub(crate) interval: Duration,

    /// Address to listen on; 0.0.0.0 is every address of the machine
    #[arg(long, default_value_t = Ipv4Addr::LOCALHOST.into())]
    pub(crate) bind: IpAddr,

    /// Print the log as plain lines; so it is without a terminal too
    #[arg(long)]
    pub(crate) headless: bool,

    /// Keep each answer open after its last event, until the client leaves
    #[arg(long)]
    pub(crate) hold: bool,
}

/// A dialect as the command line names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedDialect {
    name: &'static str,
    pub(crate) dialect: Dialect,
}

impl NamedDialect {
    const fn new(name: &'static str, dialect: Dialect) -> Self {
        Self { name, dialect }
    }
}

const DIALECTS: &[NamedDialect] = &[
    NamedDialect::new("openai-chat", Dialect::OpenAiChat),
    NamedDialect::new("openai-completions", Dialect::OpenAiCompletions),
    NamedDialect::new("openai-responses", Dialect::OpenAiResponses),
    NamedDialect::new("anthropic", Dialect::Anthropic),
    NamedDialect::new("gemini", Dialect::Gemini),
    NamedDialect::new("ollama", Dialect::Ollama),
    NamedDialect::new("tgi", Dialect::Tgi),
    NamedDialect::new("cohere", Dialect::Cohere),
    NamedDialect::new("triton", Dialect::Triton),
    NamedDialect::new("sglang", Dialect::SgLang),
    NamedDialect::new("llama-cpp", Dialect::LlamaCpp),
    NamedDialect::new("append", Dialect::Append),
];

impl ValueEnum for NamedDialect {
    fn value_variants<'a>() -> &'a [Self] {
        DIALECTS
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name))
    }
}

impl Arguments {
    /// The configuration in one line.
    pub(crate) fn summary(&self, address: &str) -> String {
        let interval = humantime::format_duration(self.interval);
        let end = if self.hold { "held open" } else { "ended" };
        let content = match (&self.file, &self.dialect) {
            (Some(file), _) => file.display().to_string(),
            (None, Some(dialect)) => dialect.name.to_owned(),
            (None, None) => "every API".to_owned(),
        };
        format!("{address} | every {interval} | then {end} | {content}")
    }
}

fn path(text: &str) -> Result<String, String> {
    if text.starts_with('/') && !text.contains(['?', '#', ' ']) {
        Ok(text.to_owned())
    } else {
        Err("expected a path such as /sse, with no query".to_owned())
    }
}

//! Where a stream says how many tokens it had.

/// Where a stream says how many tokens it had.
///
/// A format with one place for its counts (such as Anthropic's `message_delta`) has them there, whatever the choice
/// but [`Usage::Never`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Usage {
    /// As the real server does it: OpenAI only on `stream_options.include_usage`, the others always.
    #[default]
    AsAsked,
    /// In the place of [`Usage::AsAsked`], asked for or not.
    Always,
    /// Beside the finish reason, as `SGLang` does it under OpenAI's format.
    InFinish,
    /// In each event that can hold it, cumulative, as vLLM does it with `continuous_usage_stats`: beside a choice its own
    /// tokens, in the last chunk those of all choices.
    EveryEvent,
    /// Nowhere.
    Never,
}

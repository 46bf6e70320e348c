//! What an event can mean.

use std::borrow::Cow;

/// What kind of output a server generated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Channel {
    /// The answer.
    Text,
    /// The reasoning before the answer.
    Reasoning,
    /// The reason why there is no answer.
    Refusal,
    /// The name or a fragment of the arguments of a tool call.
    ToolCall,
    /// Encoded sound: no text, so no tokenizer counts it.
    Audio,
    /// The words of the sound.
    Transcript,
}

/// Token counts of a request so far, as the server states them. Later counts replace earlier ones: they are cumulative.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens of the prompt.
    pub prompt_tokens: Option<u64>,
    /// Tokens generated so far, those of the reasoning included.
    pub completion_tokens: Option<u64>,
}

impl Usage {
    /// Takes over the counts that a later statement has.
    ///
    /// ```
    /// use sse_load::protocol::Usage;
    ///
    /// let mut usage = Usage { prompt_tokens: Some(9), completion_tokens: Some(1) };
    /// usage.merge(Usage { prompt_tokens: None, completion_tokens: Some(12) });
    /// assert_eq!(usage, Usage { prompt_tokens: Some(9), completion_tokens: Some(12) });
    /// ```
    pub fn merge(&mut self, later: Self) {
        self.prompt_tokens = later.prompt_tokens.or(self.prompt_tokens);
        self.completion_tokens = later.completion_tokens.or(self.completion_tokens);
    }

    /// Whether no count is known.
    ///
    /// ```
    /// assert!(sse_load::protocol::Usage::default().is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }
}

/// One meaning of an event. An event may have several: the last chunk of an answer can hold text, usage and the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Class<'a> {
    /// The server generated output. The text is never empty; white space counts.
    ///
    /// Several of one event (text on two channels, two choices) came at one moment and are one generated event.
    Generated {
        /// The kind of output.
        channel: Channel,
        /// Which of several answers of one request it belongs to, from 0.
        choice: u32,
        /// The new part of the output.
        text: &'a str,
        /// How many tokens it is, where the format says so.
        tokens: Option<u32>,
    },
    /// The server stated token counts.
    Usage(Usage),
    /// The reply is complete: the terminal marker. Where one stream carries several choices it comes once all that were
    /// seen have finished; should another one begin after that, it comes again, and the last one counts.
    ///
    /// Reading goes on, since usage may follow: up to [`EndOfStream`](Self::EndOfStream) or the end of the body. A server that
    /// keeps its body open after this costs the task 2 seconds from the marker on, less where the time-out of the whole
    /// request ends sooner, and the request is a success all the same. A format that knows the end emits both.
    Complete,
    /// Nothing follows: reading can stop.
    EndOfStream,
    /// An error that the server sent in the stream.
    Error(Cow<'a, str>),
    /// An event that can't be read as the format says: a warning to be counted, not a failure by itself.
    Malformed(Cow<'a, str>),
    /// No output and no news: role, ping, blank.
    Ignored,
}

impl<'a> Class<'a> {
    /// Output of the only answer, with no statement of its tokens.
    ///
    /// ```
    /// use sse_load::protocol::{Channel, Class};
    ///
    /// let Class::Generated { choice, tokens, .. } = Class::generated(Channel::Text, "Hi") else { unreachable!() };
    /// assert_eq!((choice, tokens), (0, None));
    /// ```
    #[must_use]
    pub const fn generated(channel: Channel, text: &'a str) -> Self {
        Self::Generated { channel, choice: 0, text, tokens: None }
    }
}

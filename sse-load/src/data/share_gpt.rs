//! Conversations in the format of `ShareGPT`.

use std::path::Path;

use serde::Deserialize;

use super::DataError;
use super::json_lines::reason;
use super::text_file::TextFile;
use crate::client::payload::Role;

/// A conversation that was recorded: a [`Conversation`](crate::client::Conversation) in a load test asks its questions again.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordedConversation {
    /// Its name in the file; empty if it has none.
    pub id: String,
    /// Who said what, in order. The first turn that is no system prompt is the user's.
    pub turns: Vec<Turn>,
}

/// What one side said.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Turn {
    /// Who spoke: `human` in the file is [`Role::User`], `gpt` is [`Role::Assistant`].
    #[serde(rename = "from", deserialize_with = "role")]
    pub role: Role,
    /// What was said.
    #[serde(rename = "value")]
    pub text: String,
}

impl RecordedConversation {
    /// What the user said, turn by turn.
    ///
    /// ```no_run
    /// use sse_load::data;
    ///
    /// let conversations = data::share_gpt("tests/share_gpt.json")?;
    /// println!("{:?}", conversations[0].questions().next());
    /// # Ok::<(), data::DataError>(())
    /// ```
    pub fn questions(&self) -> impl Iterator<Item = &str> {
        self.turns.iter().filter(|turn| turn.role == Role::User).map(|turn| &*turn.text)
    }
}

/// The conversations of a file in the format of `ShareGPT`, such as `ShareGPT_V3_unfiltered_cleaned_split.json`, which the benchmarks of vLLM,
/// `SGLang` and `AIPerf` use: a JSON array of `{"id": "..", "conversations": [{"from": "human", "value": ".."}, {"from": "gpt", "value": ".."}]}`.
///
/// What the model says before the user has said anything is left out, since a load test can't ask for it, and so are conversations in
/// which the user says nothing.
///
/// Ask what was asked, and let the real replies be what was said before:
///
/// ```no_run
/// use std::sync::LazyLock;
/// use sse_load::client::Conversation;
/// use sse_load::data::{self, RecordedConversation};
/// use sse_load::prelude::*;
///
/// static RECORDED: LazyLock<Feeder<RecordedConversation>> =
///     LazyLock::new(|| Feeder::new(data::share_gpt("tests/share_gpt.json").expect("the file is in order")));
///
/// # async fn task(ctx: &mut Context) -> TaskResult {
/// let mut conversation = Conversation::new(ctx);
/// for question in RECORDED.next(ctx).questions() {
///     let request = ctx.openai_chat("m").name("chat");
///     conversation.ask(request, question).await?;
/// }
/// # Ok(()) }
/// ```
///
/// # Errors
/// When the file can't be read, holds no conversation, is no UTF-8 or no such JSON, or names a speaker that is not known.
pub fn share_gpt(path: impl AsRef<Path>) -> Result<Vec<RecordedConversation>, DataError> {
    let file = TextFile::read(path.as_ref(), EXPECTED)?;
    // An empty file is one without a record, and no broken array.
    let text = if file.text().trim().is_empty() { "[]" } else { file.text() };
    let entries: Result<Vec<Entry>, _> = serde_json::from_str(text);
    let entries = entries.map_err(|error| file.malformed(error.line() as u64, reason(&error)))?;
    file.some(entries.into_iter().filter_map(Entry::conversation).collect())
}

const EXPECTED: &str = r#"a JSON array of {"id": .., "conversations": [{"from": "human", "value": ..}, {"from": "gpt", "value": ..}, ..]}"#;

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    id: serde_json::Value,
    conversations: Vec<Turn>,
}

impl Entry {
    fn conversation(self) -> Option<RecordedConversation> {
        let id = self.id.as_str().map_or_else(|| self.id.to_string(), ToOwned::to_owned);
        let id = if self.id.is_null() { String::new() } else { id };
        let mut began = false;
        let mut turns = self.conversations;
        turns.retain(|turn| {
            began |= turn.role == Role::User;
            began || turn.role == Role::System
        });
        began.then_some(RecordedConversation { id, turns })
    }
}

/// The names of speakers in the data sets of this format.
fn role<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Role, D::Error> {
    let name = String::deserialize(deserializer)?;
    match &*name {
        "human" | "user" => Ok(Role::User),
        "gpt" | "chatgpt" | "assistant" | "bing" | "bard" => Ok(Role::Assistant),
        "system" => Ok(Role::System),
        _ => Err(serde::de::Error::custom(format_args!("`{name}` is no known speaker (human, gpt or system)"))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::text_file::tests::Scratch;
    use super::*;

    fn read(text: &str) -> Result<Vec<RecordedConversation>, String> {
        let file = Scratch::new(text);
        share_gpt(file.path()).map_err(|error| error.to_string().replace(&*file.path().display().to_string(), "a.json"))
    }

    fn said(conversation: &RecordedConversation) -> Vec<(Role, &str)> {
        conversation.turns.iter().map(|turn| (turn.role, &*turn.text)).collect()
    }

    #[test]
    fn conversations_begin_with_the_user() {
        let conversations = read(
            r#"[
              {"id": "QWJhYvA_0", "conversations": [{"from": "human", "value": "Hi."}, {"from": "gpt", "value": "Hello!"}]},
              {"id": 7, "conversations": [{"from": "system", "value": "Be brief."}, {"from": "gpt", "value": "(goes on)"},
                {"from": "user", "value": "Why?", "markdown": null}]},
              {"id": "none", "conversations": [{"from": "gpt", "value": "Alone."}]},
              {"conversations": []}
            ]"#,
        )
        .expect("conversations");
        assert_eq!(conversations.iter().map(|one| &*one.id).collect::<Vec<_>>(), ["QWJhYvA_0", "7"]);
        assert_eq!(said(&conversations[0]), [(Role::User, "Hi."), (Role::Assistant, "Hello!")]);
        assert_eq!(said(&conversations[1]), [(Role::System, "Be brief."), (Role::User, "Why?")]);
        assert_eq!(conversations[1].questions().collect::<Vec<_>>(), ["Why?"]);
    }

    #[test]
    fn what_is_no_conversation_names_its_line() {
        let cases = [
            ("", "a.json holds no record; "),
            ("[]", "a.json holds no record; "),
            (r#"[{"conversations": []}]"#, "a.json holds no record; "),
            ("[\n{\"id\": \"a\"}]", "a.json, line 2: missing field `conversations` at column 11; "),
            (
                "[{\"conversations\": [\n{\"from\": \"tool\", \"value\": \"\"}]}]",
                "a.json, line 2: `tool` is no known speaker (human, gpt or system)",
            ),
            (r#"{"id": "a"}"#, "a.json, line 1: invalid type: map, expected a sequence at column 0; "),
        ];
        for (text, error) in cases {
            let message = read(text).expect_err(text);
            assert!(message.starts_with(error) && message.ends_with(EXPECTED), "{message}");
        }
    }
}

//! Conversations: what is said grows with the real replies.

use rand::RngExt as _;

use super::payload::{Chat, Role};
use super::{Context, Reply, RequestError, SseRequest};

/// A conversation of one user. Each turn sends all that was said before, with the replies that really came, so prompts grow as
/// they do in a real chat, and a server's prefix cache is tested as real users test it.
///
/// Requests are turns of their name: the report has the figures of `chat turn 1`, `chat turn 2` and so on beside those of `chat`.
///
/// ```no_run
/// use sse_load::client::Conversation;
/// use sse_load::prelude::*;
///
/// # async fn task(ctx: &mut Context) -> TaskResult {
/// let mut conversation = Conversation::new(ctx).system("You are a patient teacher.");
/// for question in ["Why is the sky blue?", "And at sunset?"] {
///     let request = ctx.openai_chat("m").name("chat").header("x-session-id", conversation.id());
///     let reply = conversation.ask(request, question).await?;
///     println!("{}", reply.text());
///     // The time that a person takes to read and to think.
///     exponential(secs(8)).pass(ctx).await;
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Conversation {
    id: String,
    said: Vec<(Role, String)>,
    turns: u32,
}

impl Conversation {
    /// A conversation in which nothing was said yet. Its id comes from the user's random numbers, so the run's seed decides it.
    #[must_use]
    pub fn new(ctx: &mut Context) -> Self {
        Self { id: format!("{:032x}", ctx.random().random::<u128>()), said: Vec::new(), turns: 0 }
    }

    /// Instructions to the model.
    #[must_use]
    pub fn system(mut self, text: impl Into<String>) -> Self {
        self.said.push((Role::System, text.into()));
        self
    }

    /// 32 hexadecimal digits that no other conversation has, for servers that route by session.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// How many turns got a reply.
    #[must_use]
    pub fn turns(&self) -> u32 {
        self.turns
    }

    /// What was said so far, in order.
    pub fn said(&self) -> impl Iterator<Item = (Role, &str)> {
        self.said.iter().map(|(role, text)| (*role, text.as_str()))
    }

    /// Asks, after all that was said before, and remembers question and answer. What the request says already comes first.
    ///
    /// # Errors
    /// As [`SseRequest::send`]; the conversation then is what it was, and the question can be asked again.
    pub async fn ask<P: Chat>(
        &mut self,
        request: SseRequest<'_, P>,
        question: impl Into<String>,
    ) -> Result<Reply, RequestError> {
        let question = question.into();
        let before = self.said.iter().fold(request, |request, (role, text)| request.say(*role, text));
        let reply = before.user(question.as_str()).turn(self.turns + 1).send().await?;
        self.turns += 1;
        self.said.push((Role::User, question));
        self.said.push((Role::Assistant, reply.text().to_owned()));
        Ok(reply)
    }
}

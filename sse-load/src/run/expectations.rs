//! What a load test expects of itself.

use std::time::Duration;

use super::LoadTest;
use crate::objective::Objective;

impl LoadTest {
    /// Declares objectives, which the run asserts at its end as [`Report::assert`](crate::report::Report::assert) does: when one did
    /// not pass, [`run`](Self::run) panics with the printed block at the caller's line. [`try_run`](Self::try_run) does not: its
    /// report has them as [`objectives`](crate::report::Report::objectives), and what came of them as
    /// [`verdicts`](crate::report::Report::verdicts). Several calls add up.
    ///
    /// ```
    /// use sse_load::mock::MockServer;
    /// use sse_load::prelude::*;
    /// # #[sse_user]
    /// # impl ChatUser {
    /// #     #[task]
    /// #     async fn chat(ctx: &mut Context) -> TaskResult {
    /// #         ctx.sse_request("/v1/chat/completions").body("{}").name("chat").send().await?;
    /// #         Ok(())
    /// #     }
    /// # }
    ///
    /// let server = MockServer::builder().ttft(ms(5)).tokens(3).start();
    /// let report = ChatUser::load_test("chat_ttft")
    ///     .host(server.url())
    ///     .users(4)
    ///     .run_time(ms(300))
    ///     .expect([ttft("chat").max().at_most(secs(2)), error_rate().at_most(0.0)])
    ///     .run();
    /// assert_eq!(report.objectives().len(), 2);
    /// ```
    pub fn expect(mut self, objectives: impl IntoIterator<Item = Objective>) -> Self {
        self.expected.extend(objectives);
        self
    }

    /// Measures for at least the [`run_time`](Self::run_time), and ends as soon as every objective that it
    /// [`expect`](Self::expect)s is decided or one of them is missed, after `most` at the latest.
    ///
    /// Looking until something is proven would prove it too often: such a run is judged by tests that hold whenever one looks, which
    /// take 1.4 to 2.4 times as many samples at the same figures, and no fewer than 80 for a median, 800 for a p95, and 4,000 for a p99
    /// or an error rate of 1 %. See [`slo`](crate::slo).
    ///
    /// ```
    /// use sse_load::prelude::*;
    /// # #[sse_user(host = "http://127.0.0.1:1")]
    /// # impl ChatUser { #[task] async fn chat(ctx: &mut Context) {} }
    ///
    /// let test = ChatUser::load_test("chat_ttft")
    ///     .users(50)
    ///     .run_time(secs(30))
    ///     .until_decided(secs(300))
    ///     .expect([ttft("chat").p95().at_most(ms(250)), error_rate().at_most(0.01)]);
    /// ```
    pub fn until_decided(mut self, most: Duration) -> Self {
        self.until_decided = Some(most);
        self
    }
}

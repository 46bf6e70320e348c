//! Log in once for the whole test, and hear every request as it ends.
//!
//! ```text
//! cargo run --release --example set_up
//! LLM_HOST=https://staging.example.com cargo run --release --example set_up
//! ```

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::sync::Mutex;

use sse_load::mock::MockServer;
use sse_load::prelude::*;
use sse_load::run::Listener;
use sse_load::sample::Sample;

/// What the log-in gives to all users.
struct Token(String);

struct Member;

#[sse_user(wait_time = between(ms(10), ms(30)))]
impl Member {
    /// Every request of this user has the token from now on.
    #[on_start]
    #[expect(clippy::unused_async, reason = "a start is async, whether it waits for something or not")]
    async fn new(ctx: &mut Context) -> Result<Self, TaskError> {
        let token = ctx.shared::<Token>();
        ctx.default_header("authorization", format!("Bearer {}", token.0))?;
        Ok(Self)
    }

    #[task]
    async fn ask(ctx: &mut Context) -> TaskResult {
        ctx.openai_chat("m").user("Why is the sky blue?").max_tokens(50).name("chat").send().await?;
        Ok(())
    }
}

/// Once, before the first user and before the clock of the run.
async fn log_in(ctx: &mut Context) -> Result<Token, TaskError> {
    let response = ctx.http().post(format!("{}/log-in", ctx.host())).send().await?.error_for_status()?;
    // A real server gives a token in its body.
    Ok(Token(format!("token-of-{}-bytes", response.bytes().await?.len())))
}

/// Once, after the last user, however the run ended.
async fn log_out(ctx: &mut Context) -> TaskResult {
    let token = ctx.shared::<Token>();
    ctx.http().post(format!("{}/log-out", ctx.host())).bearer_auth(&token.0).send().await?.error_for_status()?;
    Ok(())
}

/// Writes a line for each request: its name and its time to first token.
struct Log(Mutex<BufWriter<File>>);

impl Listener for Log {
    fn sample(&self, sample: &Sample) {
        let ttft = sample.stamps.duration(Metric::Ttft, None);
        // A log that can't be written is no reason to end the test.
        let _ = writeln!(self.0.lock().expect("no panic while it was locked"), "{} {ttft:?}", sample.name);
    }

    fn stopped(&self, _: &Report) {
        let _ = self.0.lock().expect("no panic while it was locked").flush();
    }
}

fn main() -> io::Result<()> {
    let server = MockServer::builder().ttft(ms(20)).inter_token(ms(2)).tokens(10).start();
    let path = std::env::temp_dir().join("sse-load-set_up.log");
    let log = Log(Mutex::new(BufWriter::new(File::create(&path)?)));

    let report = Member::load_test("set_up")
        .host(env_or("LLM_HOST", &server.url()))
        .set_up(log_in)
        .tear_down(log_out)
        .listen(log)
        .users(8)
        .run_time(secs(1))
        .run();

    println!("{} lines in {}", std::fs::read_to_string(&path)?.lines().count(), path.display());
    report.assert([ttft("chat").max().at_most(secs(10)), error_rate().at_most(0.0)]);
    Ok(())
}

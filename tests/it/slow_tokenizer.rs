//! A tokenizer that is slower than requests end.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, LazyLock, Mutex};

use sse_load::mock::MockServer;
use sse_load::prelude::*;
use sse_load::sample::TokenSource;
use sse_load::tokenize::Tokenizer;
use tokio::sync::Semaphore;

#[test]
fn what_a_slow_tokenizer_has_no_room_for_counts_by_its_events_and_the_report_tells() {
    /// More than a fifth of what may wait, and less than a quarter.
    const LARGE: usize = 15 << 20;
    /// The first is being counted, four wait, and two find no room.
    const REQUESTS: u64 = 7;
    static ASKED: Semaphore = Semaphore::const_new(0);
    static RELEASE: LazyLock<(Sender<()>, Mutex<Receiver<()>>)> = LazyLock::new(|| {
        let (release, released) = channel();
        (release, Mutex::new(released))
    });

    /// Counts nothing before the last request has ended.
    #[derive(Debug)]
    struct Stuck;

    impl Tokenizer for Stuck {
        fn name(&self) -> &'static str {
            "stuck"
        }

        fn count(&self, text: &str) -> u64 {
            ASKED.add_permits(1);
            RELEASE.1.lock().expect("no panic").recv().expect("the sender stays");
            text.len() as u64
        }
    }

    #[sse_user(wait_time = ms(0))]
    impl Asking {
        #[task]
        async fn ask(ctx: &mut Context) -> TaskResult {
            for request in 0..REQUESTS {
                ctx.sse_request("/chat").prompt("p".repeat(LARGE)).send().await?;
                if request == 0 {
                    ASKED.acquire().await?.forget();
                }
            }
            // A prompt and a reply each.
            (0..2 * REQUESTS).try_for_each(|_| RELEASE.0.send(()))?;
            Ok(())
        }
    }

    let server = MockServer::builder().tokens(3).start();
    let test = Asking::load_test("no_room_to_count").host(server.url()).tokenizer(Arc::new(Stuck));
    let report = test.max_tasks(1).run_time(secs(60)).run();
    assert_eq!((report.total().successes(), report.panic_count()), (REQUESTS, 0), "{report}");
    let counted = BTreeMap::from([(TokenSource::Tokenizer, REQUESTS - 2), (TokenSource::Events, 2)]);
    assert_eq!(report.request("/chat").completion_sources(), &counted);
    let told = "the tokens of 2 requests were not counted, since requests ended faster than their tokenizer counts";
    assert!(report.warnings().iter().any(|warning| warning.starts_with(told)), "{:?}", report.warnings());
}

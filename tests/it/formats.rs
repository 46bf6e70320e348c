//! Which format a stream is read in, and formats of the user's own.

use sse_load::mock::{Dialect, MockServer, Script};
use sse_load::prelude::*;
use sse_load::protocol::{Channel, Class, Protocol};
use sse_load::sample::FailureClass;
use sse_load::sse::Event;

/// Prices up to the event `closed`.
#[derive(Default)]
struct Prices {
    seen: u32,
}

impl Protocol for Prices {
    fn name(&self) -> &'static str {
        "prices"
    }

    fn classify(&mut self, event: &Event<'_>, emit: &mut dyn FnMut(Class<'_>)) {
        self.seen += 1;
        if event.data == "closed" {
            [Class::Complete, Class::EndOfStream].into_iter().for_each(emit);
        } else {
            let text = format!("{}:{}", self.seen, event.data);
            emit(Class::generated(Channel::Text, &text));
        }
    }

    fn ends_with_body(&self) -> bool {
        false
    }

    fn terminal_marker(&self) -> &'static str {
        "the event `closed`"
    }
}

#[test]
fn a_format_of_ones_own_reads_each_stream_anew() {
    #[sse_user(wait_time = secs(60))]
    impl Trading {
        #[task]
        async fn watch(ctx: &mut Context) -> TaskResult {
            for _ in 0..2 {
                let reply = ctx.sse_request("/prices").format(Prices::default).send().await?;
                assert_eq!(reply.text(), "1:3.142:2.72");
            }
            let error = ctx.sse_request("/cut").format(Prices::default).send().await.expect_err("it is cut");
            assert!(error.to_string().contains("stream ended before the event `closed`"), "{error}");
            Ok(())
        }
    }

    let server = MockServer::builder()
        .path("/prices", Script::new().dialect(Dialect::events(["3.14", "2.72", "closed"])))
        .path("/cut", Script::new().dialect(Dialect::events(["3.14"])))
        .start();
    let report = Trading::load_test("own_format").host(server.url()).run_time(ms(500)).run();
    assert_eq!((report.request("/prices").successes(), report.panic_count()), (2, 0), "{report}");
    assert_eq!(report.request("/cut").failures_by_class()[&FailureClass::Truncated], 1, "{report}");
}

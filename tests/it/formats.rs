//! Which format a stream is read in, and formats of the user's own.

use sse_load::mock::{Dialect, MockServer, RawEvent, Script};
use sse_load::prelude::*;
use sse_load::protocol::{Channel, Class, Generic, Protocol};
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

#[test]
fn any_other_stream_has_the_output_and_the_end_that_the_caller_says() {
    #[sse_user(wait_time = secs(60))]
    impl Watching {
        #[task]
        async fn watch(ctx: &mut Context) -> TaskResult {
            let prices = Generic::new().output(["price"]).until(|event| event.name == "closed");
            let reply = ctx.sse_request("/market").format(prices.clone()).send().await?;
            assert_eq!(reply.text(), "3.142.72");
            assert!(reply.events().all(|event| event.name == "price"));
            assert!(reply.metrics().terminal.is_some());
            let error = ctx.sse_request("/cut").format(prices).send().await.expect_err("it did not close");
            assert!(error.to_string().starts_with("stream ended before"), "{error}");
            Ok(())
        }
    }

    let event = |name: &str, data: &str| RawEvent::Block(format!("event: {name}\ndata: {data}\n\n").into_bytes());
    let open = [event("heartbeat", "1"), event("price", "3.14"), event("heartbeat", "2"), event("price", "2.72")];
    let closed = open.iter().cloned().chain([event("closed", "bye"), event("price", "9.99")]);
    let server = MockServer::builder()
        .path("/market", Script::new().dialect(Dialect::events(closed)))
        .path("/cut", Script::new().dialect(Dialect::events(open.clone())))
        .start();
    let report = Watching::load_test("generic").host(server.url()).run_time(ms(500)).run();
    assert_eq!((report.total().successes(), report.total().failures(), report.panic_count()), (1, 1, 0), "{report}");
    assert_eq!(report.request("/market").icl().count(), 1, "two events are output");
}

#[test]
fn lines_of_json_and_a_path_that_says_the_format_are_recognised() {
    #[sse_user(wait_time = secs(60))]
    impl Asking {
        #[task]
        async fn ask(ctx: &mut Context) -> TaskResult {
            let reply = ctx.sse_request("/lines").send().await?;
            assert_eq!((reply.text(), reply.usage().completion_tokens), ("Hi", Some(1)));
            // A lone error object is an error in any format; a [DONE] alone tells nothing, so the path decides.
            let error = ctx.sse_request("/v1/messages").send().await.expect_err("no message");
            assert!(error.to_string().contains("message_stop") || error.to_string().contains("stop_reason"), "{error}");
            Ok(())
        }
    }

    let lines = b"{\"message\":{\"content\":\"Hi\"},\"done\":false}\n{\"done\":true,\"eval_count\":1}";
    let server = MockServer::builder()
        .path("/lines", Script::new().dialect(Dialect::Events(vec![RawEvent::Block(lines.to_vec())])))
        .path("/v1/messages", Script::new().dialect(Dialect::events(["{}"])))
        .start();
    let report = Asking::load_test("recognised").host(server.url()).run_time(ms(500)).run();
    assert_eq!((report.total().successes(), report.panic_count()), (1, 0), "{report}");
}

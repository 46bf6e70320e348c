//! As many rows as requests, and what a report says follows from them.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use sse_load::client::{HangUp, Retry};
use sse_load::mock::{Fault, MockServer, On, Script, Usage};
use sse_load::prelude::*;
use sse_load::run::RequestLog;

use super::{assert_all_are_there, count, events, rows, stamp};

/// Microseconds from the start to the first generated event.
fn ttft(row: &Value) -> Option<i64> {
    let first = events(row).iter().find(|event| event["class"] == "generated")?;
    Some(first["at"].as_i64()? - stamp(row, "start")?)
}

/// The rows that have this text in a column.
fn of<'r>(rows: &'r [Value], column: &str, text: &str) -> Vec<&'r Value> {
    rows.iter().filter(|row| row[column] == text).collect()
}

fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).expect("a time of a test")
}

/// Three significant digits, and what two stamps that are rounded down differ by.
fn is_recorded_as(value: i64, recorded: Duration) -> bool {
    let recorded = micros(recorded);
    (value - recorded).abs() <= recorded / 500 + 2
}

fn assert_stamps_are_ordered(row: &Value) {
    let of_row = ["scheduled", "ready", "start", "connected", "headers"].map(|column| stamp(row, column));
    let of_events = events(row).iter().map(|event| event["at"].as_i64());
    let all: Vec<_> = of_row.into_iter().chain(of_events).chain([stamp(row, "end")]).flatten().collect();
    assert!(all.is_sorted(), "{row}");
    for column in ["first_output", "terminal"] {
        let is_of_an_event = |at| events(row).iter().any(|event| event["at"].as_i64() == Some(at));
        assert!(stamp(row, column).is_none_or(is_of_an_event), "{column} of {row}");
    }
}

/// The times to the first token of the rows are those of the report.
fn assert_ttfts_are_those_of(report: &Report, rows: &[Value], name: &str) {
    let is_counted = |row: &&Value| row["name"] == name && row["phase"] == "measure" && row["outcome"] == "succeeded";
    let of_rows: Vec<_> = rows.iter().filter(is_counted).filter_map(ttft).collect();
    let request = report.request(name);
    let of_report = request.ttft().of_successes();
    assert_eq!(of_rows.len() as u64, of_report.count(), "{name}");
    let (least, most) = (of_rows.iter().min().expect("one"), of_rows.iter().max().expect("one"));
    assert!(is_recorded_as(*most, of_report.max()), "{name}: {most} and {:?}", of_report.max());
    assert!(is_recorded_as(*least, of_report.min()), "{name}: {least} and {:?}", of_report.min());
}

#[test]
fn a_closed_loop_has_a_row_for_every_request_whatever_became_of_it() {
    #[derive(Default)]
    struct Everybody;

    #[sse_user(wait_time = ms(5))]
    impl Everybody {
        #[on_stop]
        async fn leave(&mut self, ctx: &mut Context) {
            let _ = ctx.sse_request("/goodbye").send().await;
        }

        #[task(tags = ["good"])]
        async fn ask(ctx: &mut Context) -> TaskResult {
            ctx.sse_request("/good").json(&json!({"stream_options": {"include_usage": true}})).send().await?;
            Ok(())
        }

        #[task]
        async fn retry(ctx: &mut Context) {
            let _ = ctx.sse_request("/down").retry(Retry::attempts(3).backoff(ms(1))).send().await;
        }

        #[task]
        async fn break_off(ctx: &mut Context) {
            let _ = ctx.sse_request("/cut").send().await;
            let _ = ctx.sse_request("/long").name("left").hang_up(HangUp::after_tokens(2)).send().await;
            let _ = tokio::time::timeout(ms(20), ctx.sse_request("/mute").name("dropped").send()).await;
        }

        #[task]
        async fn hang(ctx: &mut Context) {
            if ctx.user_index() == 0 {
                let _ = ctx.sse_request("/long").name("endless").send().await;
            }
        }
    }

    let hour = secs(3_600);
    let server = MockServer::builder()
        .path("/good", Script::new().tokens(4).prompt_tokens(7).usage(Usage::Always))
        .path("/down", Script::new().fault(Fault::status(503).body("later"), On::all()))
        .path("/cut", Script::new().tokens(4).fault(Fault::Truncate { after: 2 }, On::all()))
        .path("/long", Script::new().tokens(1_000_000).inter_token(ms(5)))
        .path("/mute", Script::new().ttft(hour))
        .start();
    let report = Everybody::load_test("logged_closed")
        .host(server.url())
        .users(6)
        .spawn_rate(10)
        .warm_up(ms(500))
        .run_time(secs(1))
        .stop_timeout(ms(100))
        .set_up(async |ctx: &mut Context| ctx.sse_request("/good").send().await.map(drop))
        .tear_down(async |ctx: &mut Context| ctx.sse_request("/good").send().await.map(drop))
        .request_log(RequestLog::JsonLines)
        .run();
    let rows = rows(&report);
    assert_all_are_there(&report, &rows);
    // One that was given up may not have come to the server.
    let answered = count(&rows, |row| row["status"].is_number());
    assert!((answered..=rows.len() as u64).contains(&server.request_count()), "{report}");
    rows.iter().for_each(assert_stamps_are_ordered);
    assert_ttfts_are_those_of(&report, &rows, "/good");
    assert!(report.warnings().iter().all(|warning| !warning.contains("requests.jsonl")), "{report}");

    for kind in ["succeeded", "failed", "cut_off", "hung_up"] {
        assert!(count(&rows, |row| row["outcome"] == kind) > 0, "no row is {kind}: {report}");
    }
    for phase in ["ramp", "warm_up", "measure", "outside"] {
        assert!(count(&rows, |row| row["phase"] == phase) > 0, "no row is of the {phase}: {report}");
    }
    for (task, rows) in [("set_up", of(&rows, "task", "set_up")), ("tear_down", of(&rows, "task", "tear_down"))] {
        let [row] = rows[..] else { panic!("rows of the {task}: {rows:?}") };
        assert_eq!((&row["user"], &row["phase"]), (&Value::Null, &json!("outside")));
        assert_eq!(stamp(row, "start") < Some(0), task == "set_up", "{row}");
    }
    for row in of(&rows, "outcome", "succeeded").into_iter().filter(|row| row["user"].is_number()) {
        assert!(row["user"].as_u64() < Some(6) && row["user"] == row["stay"] && row["arrival"].is_null(), "{row}");
    }
    for row in of(&rows, "task", "ask") {
        assert_eq!(row["tags"], json!(["good"]));
        if row["outcome"] == "succeeded" {
            let tokens = ["prompt_tokens", "prompt_source", "completion_tokens", "completion_source"];
            let expected = json!([7, "usage", 4, "usage"]);
            assert_eq!(json!(tokens.map(|column| &row[column])), expected);
            let classes: Vec<_> = events(row).iter().map(|event| event["class"].as_str().expect("a class")).collect();
            assert_eq!(classes.iter().filter(|class| **class == "generated").count(), 4, "{row}");
            assert!(classes.contains(&"usage") && classes.contains(&"terminal"), "{row}");
        }
    }
    for row in of(&rows, "name", "/down") {
        let (failure, cause) = (json!("http_status"), json!("HTTP 503 Service Unavailable"));
        assert_eq!((&row["failure"], &row["cause"], &row["status"]), (&failure, &cause, &json!(503)));
        assert!((1..=3).contains(&row["attempt"].as_u64().expect("a number")) && row["body_bytes"].is_null(), "{row}");
    }
    for row in of(&rows, "name", "left").into_iter().filter(|row| row["outcome"] == "hung_up") {
        assert!(ttft(row).is_some() && row["body_bytes"].as_u64() > Some(0), "it has what came before: {row}");
    }
    for row in of(&rows, "name", "dropped") {
        assert!(
            row["outcome"] != "succeeded" && events(row).iter().all(|event| event["class"] != "generated"),
            "{row}"
        );
    }
    let endless = of(&rows, "name", "endless");
    assert!(endless.iter().any(|row| row["outcome"] == "cut_off" && events(row).len() > 2), "{endless:?}");
}

#[test]
fn an_open_loop_has_the_schedule_of_every_arrival() {
    #[sse_user]
    impl Caller {
        #[task]
        async fn call(ctx: &mut Context) -> TaskResult {
            let body = json!({"stream_options": {"include_usage": true}});
            ctx.sse_request("/call").name("call").json(&body).send().await?;
            ctx.sse_request("/call").name("again").json(&body).send().await?;
            Ok(())
        }
    }

    let server = MockServer::builder().ttft(ms(20)).tokens(2).usage(Usage::Always).start();
    let report = Caller::load_test("logged_open")
        .host(server.url())
        .arrivals(100)
        .max_users(2)
        .run_time(ms(600))
        .request_log(RequestLog::JsonLines)
        .run();
    let rows = rows(&report);
    assert_all_are_there(&report, &rows);
    assert_eq!(rows.len() as u64, server.request_count(), "{report}");
    rows.iter().for_each(assert_stamps_are_ordered);
    assert_ttfts_are_those_of(&report, &rows, "call");

    let first = of(&rows, "name", "call");
    let arrivals: BTreeSet<_> = first.iter().map(|row| row["arrival"].as_u64().expect("a number")).collect();
    assert_eq!(arrivals.len(), first.len(), "each arrival is another");
    assert!(rows.iter().all(|row| row["user"].is_null() && row["stay"].is_null()));
    let of_row = |row: &&Value| {
        let [scheduled, ready, own, start] = ["scheduled", "ready", "own", "start"].map(|name| stamp(row, name));
        let (scheduled, ready, own) = (scheduled?, ready?, own?);
        Some((ready - scheduled, start? - ready.max(scheduled) - own))
    };
    let (queues, lags): (Vec<_>, Vec<_>) = first.iter().filter_map(of_row).unzip();
    let call = report.request("call");
    assert_eq!(queues.len() as u64, call.queue().count());
    let most = |values: &[i64]| *values.iter().max().expect("one");
    assert!(is_recorded_as(most(&queues), call.queue().max()), "{} {:?}", most(&queues), call.queue().max());
    assert!((most(&lags) - micros(call.lag().max())).abs() <= micros(call.lag().max()) / 500 + 3, "{report}");
    assert!(of(&rows, "name", "again").iter().all(|row| of_row(row).is_none()), "only the first has a schedule");
}

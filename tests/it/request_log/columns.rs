//! What a row has, and what it never has.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};
use sse_load::mock::{Dialect, Fault, MockServer, On, Script, Usage};
use sse_load::prelude::*;
use sse_load::run::RequestLog;

use super::{assert_all_are_there, events, rows};

/// What the documentation says of the columns.
const PAGE: &str = include_str!("../../../sse-load/docs/request_log.md");

#[test]
fn tokens_that_are_counted_after_the_stream_are_in_the_log() {
    #[sse_user(wait_time = ms(5))]
    impl Uncounted {
        #[task]
        async fn ask(ctx: &mut Context) -> TaskResult {
            ctx.sse_request("/").name("ask").prompt("one two three").send().await?;
            Ok(())
        }
    }

    let server = MockServer::builder().tokens(5).start();
    let report =
        Uncounted::load_test("logged_tokens").host(server.url()).max_tasks(8).request_log(RequestLog::JsonLines).run();
    let rows = rows(&report);
    assert_all_are_there(&report, &rows);
    let request = report.request("ask");
    for (tokens, source, most) in [
        ("prompt_tokens", "prompt_source", request.prompt_tokens().max()),
        ("completion_tokens", "completion_source", request.completion_tokens().max()),
    ] {
        assert!(rows.iter().all(|row| row[source] == "tokenizer" && row[tokens].as_u64() > Some(0)), "{rows:?}");
        assert_eq!(rows.iter().filter_map(|row| row[tokens].as_u64()).max(), Some(most));
    }
}

#[test]
fn tokens_of_each_event_are_there_where_the_stream_tells_them() {
    #[sse_user]
    impl Reader {
        #[task]
        async fn read(ctx: &mut Context) -> TaskResult {
            ctx.sse_request("/").json(&json!({"stream_options": {"include_usage": true}})).send().await?;
            Ok(())
        }
    }

    let server = MockServer::builder().tokens(6).bundle(2).usage(Usage::EveryEvent).start();
    let test = Reader::load_test("logged_events").host(server.url()).max_tasks(1);
    let rows = rows(&test.request_log(RequestLog::JsonLines).run());
    let generated = events(&rows[0]).iter().filter(|event| event["class"] == "generated");
    assert_eq!(generated.map(|event| &event["tokens"]).collect::<Vec<_>>(), [2, 2, 2]);
    let others = events(&rows[0]).iter().filter(|event| event["class"] != "generated");
    assert!(others.map(|event| &event["tokens"]).all(Value::is_null));
}

/// The names in the first cells of the table whose head begins so, and the types in the second.
fn documented(head: &str) -> Vec<(String, String)> {
    let table = PAGE.split(head).nth(1).expect("a table").lines().skip(2).take_while(|line| line.starts_with('|'));
    let columns = table.flat_map(|line| {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        let types: Vec<_> = cells[2].split(", ").collect();
        let names = cells[1].split(", ").enumerate();
        names
            .map(|(place, name)| (name.trim_matches('`').to_owned(), types[place.min(types.len() - 1)].to_owned()))
            .collect::<Vec<_>>()
    });
    columns.collect()
}

fn is_of_type(value: &Value, name: &str) -> bool {
    match name.strip_suffix('?') {
        Some(_) if value.is_null() => true,
        Some(name) => is_of_type(value, name),
        None => match name {
            "text" => value.is_string(),
            "integer" => value.is_i64(),
            "boolean" => value.is_boolean(),
            "texts" => value.as_array().is_some_and(|texts| texts.iter().all(Value::is_string)),
            "events" => value.is_array(),
            _ => panic!("no such type: {name}"),
        },
    }
}

#[test]
fn every_row_has_the_columns_that_the_documentation_names_in_its_order() {
    #[sse_user]
    impl Odd {
        #[task]
        async fn ask(ctx: &mut Context) {
            let path = ["/", "/none", "http://127.0.0.1:1/refused"][usize::try_from(ctx.user_index()).expect("a few")];
            let _ = ctx.sse_request(path).name("odd").send().await;
        }
    }

    let server =
        MockServer::builder().tokens(2).path("/none", Script::new().fault(Fault::status(404), On::all())).start();
    let report = Odd::load_test("logged_columns")
        .host(server.url())
        .arrivals(Arrivals::at((0..3).map(|k| ms(10) * k)))
        .request_log(RequestLog::JsonLines)
        .run();
    let path = report.artifacts().request_log.as_ref().expect("a log");
    let (columns, fields) = (documented("| column |"), documented("| field |"));
    assert_eq!((columns.len(), fields.len()), (32, 3));
    let mut seen = BTreeMap::<String, bool>::new();
    for line in fs::read_to_string(path).expect("the log").lines() {
        let row: Value = serde_json::from_str(line).expect("JSON");
        assert_eq!(row.as_object().expect("an object").len(), columns.len(), "{line}");
        let mut before = 0;
        for (name, kind) in &columns {
            let place = line.find(&format!("\"{name}\":")).unwrap_or_else(|| panic!("no {name} in {line}"));
            assert!(place > before || before == 0, "{name} stands too early in {line}");
            before = place;
            assert!(is_of_type(&row[name], kind), "{name} is no {kind} in {line}");
            *seen.entry(name.clone()).or_default() |= !row[name].is_null();
        }
        for event in events(&row) {
            assert_eq!(event.as_object().expect("an object").len(), fields.len());
            assert!(fields.iter().all(|(name, kind)| is_of_type(&event[name], kind)), "{event}");
        }
    }
    let never: Vec<_> = seen.iter().filter(|(_, is_seen)| !**is_seen).map(|(name, _)| name.as_str()).collect();
    assert_eq!(never, ["prompt_source", "prompt_tokens", "stay", "turn", "user"]);
}

#[test]
fn no_prompt_no_reply_and_no_header_is_in_it() {
    const SECRET: &str = "correct-horse-battery-staple";

    #[sse_user]
    impl Careless {
        #[task]
        async fn tell(ctx: &mut Context) {
            let refused = |reply: &Reply| Err::<(), _>(reply.text().to_owned());
            let _ = ctx.sse_request("/").prompt(SECRET).bearer_auth(SECRET).validate(refused).send().await;
            let _ = ctx.sse_request("/down").name("down").body(SECRET).query("key", SECRET).send().await;
            let _ = ctx.sse_request("/odd").send().await;
        }
    }

    let says = |text: &str| json!({"type": "append", "text": text}).to_string();
    let server = MockServer::builder()
        .path("/", Script::new().dialect(Dialect::events([says(SECRET)])))
        .path("/down", Script::new().fault(Fault::status(500).body(SECRET), On::all()))
        .path("/odd", Script::new().dialect(Dialect::events([json!({"note": SECRET}).to_string()])))
        .start();
    let test = Careless::load_test("logged_secrets").host(server.url()).max_tasks(1);
    let report = test.request_log(RequestLog::JsonLines).run();
    assert!(rows(&report).iter().any(|row| row["failure"] == "validation"), "{report}");
    assert_eq!(rows(&report).len(), 3);
    let log = fs::read_to_string(report.artifacts().request_log.as_ref().expect("a log")).expect("the log");
    assert!(!log.contains(&SECRET[..7]), "{log}");
}

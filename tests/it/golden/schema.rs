//! The report as JSON keeps to `docs/report.schema.json`, which names every key.

use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::{Value, json};
use sse_load::mock::{MockServer, Script};
use sse_load::prelude::*;
use sse_load::render;
use sse_load::report::Report;
use sse_load::sample::FailureClass;
use sse_load::slo::{Decision, Expected, Looks};

use super::cases;

static SCHEMA: LazyLock<Validator> = LazyLock::new(|| {
    let schema = serde_json::from_str(include_str!("../../../docs/report.schema.json")).expect("JSON");
    assert!(jsonschema::meta::is_valid(&schema), "it is no JSON Schema");
    jsonschema::validator_for(&schema).expect("a schema")
});

static SERVER: LazyLock<MockServer> = LazyLock::new(|| {
    let script = Script::new().ttft(ms(5)).inter_token(ms(1)).tokens(4);
    MockServer::builder().path("/chat", script).start()
});

#[sse_user(host = SERVER.url())]
impl Chatter {
    #[task(tags = ["chat"])]
    async fn chat(ctx: &mut Context) -> TaskResult {
        ctx.sse_request("/chat").send().await?;
        Ok(())
    }
}

fn parsed(report: &Report) -> Value {
    serde_json::from_str(&render::json(report).expect("a report serialises")).expect("it is JSON")
}

fn assert_valid(name: &str, report: &Report) {
    let faults: Vec<_> =
        SCHEMA.iter_errors(&parsed(report)).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
    assert!(faults.is_empty(), "{name} does not keep to docs/report.schema.json:\n{}", faults.join("\n"));
}

/// One objective of each form.
fn expecting(mut report: Report) -> Report {
    let objectives = vec![
        ttft(ALL).p95().within(ms(1)..=ms(250)),
        icl("chat_completion").mean().at_most(ms(25)),
        e2e(tag("slow")).max().at_most(secs(2)),
        tpot(turn("chat_completion", 2)).p50().at_most(ms(9)),
        completion_tokens(user_class("ChatUser")).mean().at_least(10),
        custom_time("tool_call").p95().at_most(ms(40)),
        custom_count("documents").mean().at_least(3),
        tok_s().at_least(20.0),
        request_count().at_least(100),
        good_fraction().at_least(0.9).alpha(0.01),
        error_rate().at_most(0.2).allow_inconclusive(),
        error_rate().class(FailureClass::HttpStatus).at_most(0.01),
    ];
    let decision = Decision { objective: objectives[0].clone(), verdict: Verdict::Miss, after: secs(41) };
    report.set_expected(Expected { objectives, looks: Looks::Many, first_look: secs(10), decisions: vec![decision] });
    report.set_server(cases::server().server().expect("it is there").clone(), []);
    report
}

#[test]
fn every_report_keeps_to_the_schema() {
    let expecting = [("expecting", expecting(cases::everything()))];
    for (name, report) in cases::all().into_iter().chain(expecting) {
        assert_valid(name, &report);
    }
}

#[test]
fn a_run_keeps_to_the_schema() {
    let test = Chatter::load_test("schema").users(2).run_time(ms(300));
    assert_valid("a run", &test.good_if([ttft(ALL).each().at_most(secs(1))]).run());
}

/// The places of all objects whose keys have fixed names.
fn objects(json: &Value, path: &str, found: &mut Vec<String>) {
    match json {
        Value::Object(fields) => {
            if !path.ends_with("/tokenizers") {
                found.push(path.to_owned());
            }
            fields.iter().for_each(|(key, value)| objects(value, &format!("{path}/{key}"), found));
        }
        Value::Array(values) => {
            for (place, value) in values.iter().enumerate().take(1) {
                objects(value, &format!("{path}/{place}"), found);
            }
        }
        _ => {}
    }
}

#[test]
fn no_object_takes_a_key_that_the_schema_lacks() {
    let report = parsed(&expecting(cases::everything()));
    let mut found = Vec::new();
    objects(&report, "", &mut found);
    assert!(found.len() > 100, "{found:?}");
    for path in found {
        let mut report = report.clone();
        report.pointer_mut(&path).expect("an object")["a_new_key"] = json!(1);
        assert!(!SCHEMA.is_valid(&report), "docs/report.schema.json lets any key into `{path}`");
    }
}

//! What each fault of a stream is to the client, in every dialect.

use sse_load::mock::{Fault, On, Script, Usage};
use sse_load::prelude::*;
use sse_load::protocol::Channel;
use sse_load::sample::FailureClass;
use sse_load::sample::FailureClass::{Empty, StreamError, Truncated};

use super::asking::{Ask, PROMPT_TOKENS, Told, Way, ask_all};
use super::spoken::{ALL, Spoken};

const TOKENS: u32 = 4;
const AFTER: u32 = 2;

/// How the requests of one fault end: a class for each dialect, in the order of [`ALL`]; `None` is a success.
struct Case {
    name: &'static str,
    fault: fn() -> Fault,
    outcomes: Outcomes,
    /// Where the client goes by the events alone.
    recognised: Outcomes,
}

type Outcomes = [Option<FailureClass>; 13];

const fn case(name: &'static str, fault: fn() -> Fault, outcomes: Outcomes) -> Case {
    Case { name, fault, outcomes, recognised: outcomes }
}

const FINE: Option<FailureClass> = None;
const ERROR: Option<FailureClass> = Some(StreamError);
const CUT: Option<FailureClass> = Some(Truncated);
const EMPTY: Option<FailureClass> = Some(Empty);

fn message() -> String {
    "out of \"memory\"".to_owned()
}

/// chat, completions, Responses, Anthropic, Gemini, Cohere, Ollama twice, TGI, Triton, `SGLang`, llama.cpp, append.
#[rustfmt::skip]
const CASES: [Case; 15] = [
    case("error event", || Fault::ErrorEvent { after: AFTER, message: message() }, [ERROR; 13]),
    case("error object", || Fault::ErrorUnder200 { after: AFTER, message: message() }, [ERROR; 13]),
    case("error at once", || Fault::ErrorUnder200 { after: 0, message: message() }, [ERROR; 13]),
    // The end of the body is an end in Triton's format and in append.
    case("cut", || Fault::Truncate { after: AFTER }, [CUT, CUT, CUT, CUT, CUT, CUT, CUT, CUT, CUT, FINE, CUT, CUT, FINE]),
    // `[DONE]` proves nothing; `response.completed`, `message_stop` and `close` do. Elsewhere the finish is the marker.
    case("no finish", || Fault::DoneWithoutFinish, [CUT, CUT, FINE, FINE, CUT, CUT, CUT, CUT, CUT, FINE, CUT, CUT, FINE]),
    // The marker of Responses is `response.completed` and no other.
    case("no marker", || Fault::FinishWithoutDone, [FINE, FINE, CUT, FINE, FINE, FINE, FINE, FINE, FINE, FINE, FINE, FINE, FINE]),
    // A body without an event tells no format; but its path may tell a wrong one, as that of Ollama's `generate` does here.
    Case { recognised: [CUT, EMPTY, CUT, CUT, EMPTY, CUT, EMPTY, CUT, EMPTY, EMPTY, EMPTY, EMPTY, EMPTY],
        ..case("cut at once", || Fault::Truncate { after: 0 },
        [CUT, CUT, CUT, CUT, CUT, CUT, CUT, CUT, CUT, EMPTY, CUT, CUT, EMPTY]) },
    case("no JSON at once", || Fault::NonJson { after: 0 }, [FINE; 13]),
    case("nothing", || Fault::Empty, [EMPTY; 13]),
    case("no JSON", || Fault::NonJson { after: AFTER }, [FINE; 13]),
    case("reset", || Fault::Reset { after: AFTER }, [CUT; 13]),
    // Where the end of the body is the end, a line that has begun is an event that was cut.
    case("rest", || Fault::AfterEnd { bytes: 5 }, [FINE, FINE, FINE, FINE, FINE, FINE, FINE, FINE, FINE, CUT, FINE, FINE, FINE]),
    case("no usage", || Fault::NoUsage, [FINE; 13]),
    case("wrong usage", || Fault::WrongUsage { off_by: 3 }, [FINE; 13]),
    case("JSON by its type", || Fault::ContentType("application/json".to_owned()), [FINE; 13]),
];

/// What a failure says, or what a success has to show for its fault.
fn check(told: &Told, case: &Case) {
    let what = told.what();
    match &told.outcome {
        Ok(reply) => {
            let text = reply.choice(0, Channel::Text);
            let all = " time of day and";
            assert_eq!(text, if case.name == "cut" { " time of" } else { all }, "{what}");
            assert_eq!(reply.malformed_events(), u64::from(case.name.starts_with("no JSON")), "{what}");
            let expected = usage(told.spoken, case.name);
            assert_eq!([reply.usage().prompt_tokens, reply.usage().completion_tokens], expected, "{what}");
        }
        Err(failure) => {
            let (summary, detail) = words(marker(told, case), failure.class, case.name);
            assert_eq!(failure.summary, summary, "{what}: {failure}");
            assert!(failure.detail.starts_with(&detail), "{what}: {failure}");
        }
    }
}

/// The server's counts of prompt and reply.
fn usage(spoken: &Spoken, case: &str) -> [Option<u64>; 2] {
    let (prompt, tokens) = (Some(u64::from(PROMPT_TOKENS)), Some(u64::from(TOKENS)));
    match case {
        _ if !spoken.counts() => [None, None],
        "no usage" => [None, None],
        "wrong usage" => [prompt, Some(u64::from(TOKENS) + 3)],
        // The counts of the reply stand beside the stop reason.
        "no finish" if spoken.format == Format::Anthropic => [prompt, None],
        _ => [prompt, tokens],
    }
}

/// The marker that the client waits for: that of the path's format, where no event came that tells another.
fn marker(told: &Told, case: &Case) -> Option<&'static str> {
    match (told.way, told.spoken.neutral_path) {
        (Way::Recognised, "/x/generate") if case.name == "cut at once" => Some("a finish_reason"),
        _ => told.spoken.marker(),
    }
}

/// The summary of a failure, and how its detail begins.
fn words(marker: Option<&str>, class: FailureClass, case: &str) -> (String, String) {
    let sent = if matches!(case, "cut" | "reset") { AFTER } else { TOKENS };
    let after = if case == "cut at once" { String::new() } else { format!("after {sent} generated events") };
    match (class, marker) {
        (StreamError, _) => ("error in the stream".to_owned(), message()),
        (Empty, _) => ("stream without a generated event".to_owned(), String::new()),
        _ if case == "reset" => ("connection broke within the stream".to_owned(), format!("{after}: ")),
        (_, None) => ("stream ended within an event".to_owned(), "the blank line behind its last event".to_owned()),
        (_, Some(marker)) => (format!("stream ended before {marker}"), after),
    }
}

#[test]
fn every_fault_of_every_dialect_has_its_class() {
    let script = |fault: Fault| Script::new().tokens(TOKENS).usage(Usage::Always).fault(fault, On::all());
    let asks =
        CASES.iter().flat_map(|case| ALL.iter().map(|spoken| Ask::new(spoken, case.name, script((case.fault)()))));
    let (_, told) = ask_all("faults", &asks.collect::<Vec<_>>(), Connections::per_user());
    let mut wrong = Vec::new();
    let per_case = told.len() / CASES.len();
    for (at, told) in told.iter().enumerate() {
        let case = &CASES[at / per_case];
        let outcomes = if told.way == Way::Recognised { &case.recognised } else { &case.outcomes };
        let expected = outcomes[at % per_case / 3];
        let seen = told.outcome.as_ref().err().map(|failure| failure.class);
        if seen == expected {
            check(told, case);
        } else {
            wrong.push(format!("{}: expected {expected:?}, came {:?}", told.what(), told.outcome.as_ref().err()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

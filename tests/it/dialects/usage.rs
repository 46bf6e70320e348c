//! Who counted the tokens, wherever the server has its counts, and what rests on them.

use std::collections::BTreeMap;

use serde_json::json;
use sse_load::mock::{Script, Usage};
use sse_load::prelude::*;
use sse_load::sample::TokenSource;

use super::asking::{Ask, PROMPT_TOKENS, ask_all};
use super::spoken::{ALL, Spoken};

const TOKENS: u32 = 6;

/// Where the script has the counts, and whether the request asks for them as OpenAI's do.
const PLACES: [(&str, Usage, bool); 6] = [
    ("unasked", Usage::AsAsked, false),
    ("asked", Usage::AsAsked, true),
    ("always", Usage::Always, false),
    ("in the finish", Usage::InFinish, false),
    ("in every event", Usage::EveryEvent, false),
    ("never", Usage::Never, false),
];

/// Whether the server counts.
fn is_counted(spoken: &Spoken, place: &str) -> bool {
    let as_asked = matches!(spoken.format, Format::OpenAiChat | Format::OpenAiCompletions);
    spoken.counts() && place != "never" && !(as_asked && place == "unasked")
}

/// Whether the stream tells the tokens of each event.
fn events_are_counted(spoken: &Spoken, place: &str) -> bool {
    match spoken.format {
        Format::OpenAiChat | Format::OpenAiCompletions => place == "in every event",
        // Its counts have one place as they are asked for, which `Always` is as well.
        Format::Gemini | Format::SgLang | Format::LlamaCpp => !matches!(place, "in the finish" | "never"),
        Format::Tgi => true,
        _ => false,
    }
}

#[test]
fn the_tokens_of_every_dialect_have_their_source() {
    let ask = |spoken, (name, usage, asked)| {
        let mut ask = Ask::new(spoken, name, Script::new().tokens(TOKENS).usage(usage));
        ask.body["stream_options"] = json!({"include_usage": asked});
        ask
    };
    let asks = ALL.iter().flat_map(|spoken| PLACES.map(|place| ask(spoken, place)));
    let (report, told) = ask_all("usage", &asks.collect::<Vec<_>>(), Connections::per_user());
    for told in &told {
        let place = told.name.split_once(' ').expect("the place").1;
        let counted = is_counted(told.spoken, place);
        let usage = told.reply().usage();
        let expected = [PROMPT_TOKENS, TOKENS].map(|tokens| counted.then_some(u64::from(tokens)));
        assert_eq!([usage.prompt_tokens, usage.completion_tokens], expected, "{}", told.what());
        let of_events: u32 = told.reply().metrics().tokens.iter().sum();
        let expected = if events_are_counted(told.spoken, place) { TOKENS } else { 0 };
        assert_eq!(of_events, expected, "{}", told.what());

        let figures = report.request(&told.name);
        let by = |the_server: bool| {
            let source = if the_server { TokenSource::Usage } else { TokenSource::Tokenizer };
            BTreeMap::from([(source, 3)])
        };
        assert_eq!(
            (figures.prompt_sources(), figures.completion_sources()),
            (&by(counted), &by(counted || of_events > 0)),
            "{}",
            told.what()
        );
        let figures = |metric: sse_load::report::Numbers<'_>| (metric.count(), metric.min(), metric.max());
        let of_name = report.request(&told.name);
        assert_eq!(
            figures(of_name.prompt_tokens()),
            (3, PROMPT_TOKENS.into(), PROMPT_TOKENS.into()),
            "{}",
            told.what()
        );
        assert_eq!(figures(of_name.completion_tokens()), (3, TOKENS.into(), TOKENS.into()), "{}", told.what());
        let gaps = u64::from(TOKENS - 1) * 3;
        assert_eq!(of_name.icl().count(), gaps, "{}", told.what());
        assert_eq!(of_name.itl().count(), if expected > 0 { gaps } else { 0 }, "{}", told.what());
    }
    assert_eq!(report.total().failures(), 0, "{report}");
}

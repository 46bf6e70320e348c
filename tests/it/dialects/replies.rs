//! Good replies: each piece of output as it was sent.

use sse_load::mock::{Fault, On, Script, Usage};
use sse_load::prelude::*;
use sse_load::protocol::{Channel, Usage as Counts};

use super::asking::{Ask, PROMPT_TOKENS, ask_all};
use super::picture::{Picture, Piece};
use super::spoken::{ALL, Call, Spoken, WORDS};

/// How a reply is to be written.
#[derive(Clone, Copy, Debug)]
struct Plan {
    name: &'static str,
    tokens: usize,
    reasoning: usize,
    bundle: usize,
    choices: usize,
    call: bool,
    refused: bool,
}

const PLAIN: Plan = Plan { name: "plain", tokens: 4, reasoning: 0, bundle: 1, choices: 1, call: false, refused: false };

const PLANS: [Plan; 6] = [
    PLAIN,
    Plan { name: "reasoning and a call", reasoning: 2, call: true, ..PLAIN },
    Plan { name: "two choices", choices: 2, reasoning: 1, call: true, ..PLAIN },
    Plan { name: "bundles", tokens: 6, bundle: 3, ..PLAIN },
    // The second bundle is cut in two.
    Plan { name: "bundles of reasoning", tokens: 6, reasoning: 4, bundle: 3, choices: 2, ..PLAIN },
    Plan { name: "refusal", tokens: 2, refused: true, ..PLAIN },
];

impl Plan {
    fn script(self) -> Script {
        let number = |number: usize| u32::try_from(number).expect("a small number");
        let script = Script::new().tokens(number(self.tokens)).reasoning(number(self.reasoning));
        let script = script.bundle(number(self.bundle)).choices(number(self.choices)).usage(Usage::EveryEvent);
        let script = if self.call { script.tool_call("weather") } else { script };
        if self.refused { script.fault(Fault::Refusal, On::all()) } else { script }
    }

    /// Where each event with tokens begins and ends.
    fn bundles(self, spoken: &Spoken) -> Vec<(usize, usize)> {
        let turn = if spoken.reasoning { self.reasoning } else { 0 };
        let ends =
            (1..=self.tokens).filter(|end| end.is_multiple_of(self.bundle) || *end == turn || *end == self.tokens);
        let ends: Vec<_> = ends.collect();
        [0].into_iter().chain(ends.iter().copied()).zip(ends.iter().copied()).collect()
    }

    fn choices(self, spoken: &Spoken) -> usize {
        if spoken.choices { self.choices } else { 1 }
    }

    fn pieces(self, spoken: &Spoken) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for (begin, end) in self.bundles(spoken) {
            let channel = match spoken {
                Spoken { reasoning: true, .. } if begin < self.reasoning => Channel::Reasoning,
                _ if self.refused => spoken.refusal,
                _ => Channel::Text,
            };
            for choice in 0..self.choices(spoken) {
                let text = WORDS[begin + choice..end + choice].concat();
                let event = spoken.event(channel, false).to_owned();
                pieces.push((event, channel, choice_number(choice), event_tokens(spoken, end - begin), text));
            }
        }
        pieces.extend((0..self.choices(spoken)).filter(|_| self.call).flat_map(|choice| call(spoken, choice)));
        pieces
    }

    fn picture(self, spoken: &Spoken) -> Picture {
        let pieces = self.pieces(spoken);
        let whole_calls = usize::from(self.call && spoken.call == Call::Whole) * self.choices(spoken);
        let tokens = (self.tokens * self.choices(spoken)) as u64;
        let counted = Counts { prompt_tokens: Some(PROMPT_TOKENS.into()), completion_tokens: Some(tokens) };
        Picture {
            generated_events: pieces.len() - whole_calls,
            pieces,
            choices: (0..self.choices(spoken)).map(choice_number).collect(),
            usage: if spoken.counts() { counted } else { Counts::default() },
            terminal: spoken.marker().is_some(),
            malformed_events: 0,
            bytes_after_end: 0,
        }
    }
}

fn choice_number(choice: usize) -> u32 {
    u32::try_from(choice).expect("a small number")
}

/// What the stream says of an event of so many tokens when its counts are in every event that can hold them.
fn event_tokens(spoken: &Spoken, tokens: usize) -> Option<u32> {
    match spoken.format {
        Format::OpenAiChat | Format::OpenAiCompletions | Format::Gemini | Format::SgLang | Format::LlamaCpp => {
            u32::try_from(tokens).ok()
        }
        // An event is a token, as the API has it.
        Format::Tgi => Some(1),
        _ => None,
    }
}

/// A call, which the server does not count among the tokens.
fn call(spoken: &Spoken, choice: usize) -> Vec<Piece> {
    let parts: &[&str] = match spoken.call {
        Call::No => &[],
        Call::Whole => &["weather", r#"{"city":"Paris"}"#],
        Call::Fragments => &["weather", r#"{"city"#, r#"":"Pa"#, r#"ris"}"#],
    };
    let piece = |(at, part): (usize, &&str)| {
        let event = spoken.event(Channel::ToolCall, at > 0).to_owned();
        (event, Channel::ToolCall, choice_number(choice), event_tokens(spoken, 0), (*part).to_owned())
    };
    parts.iter().enumerate().map(piece).collect()
}

#[test]
fn every_dialect_is_read_to_the_last_piece() {
    let asks = ALL.iter().flat_map(|spoken| PLANS.map(|plan| Ask::new(spoken, plan.name, plan.script())));
    let (report, told) = ask_all("replies", &asks.collect::<Vec<_>>(), Connections::per_user());
    for told in told {
        let plan = PLANS.into_iter().find(|plan| told.name.ends_with(&format!(" {}", plan.name))).expect("its plan");
        let reply = told.reply();
        assert_eq!(Picture::of(reply), plan.picture(told.spoken), "{}", told.what());
        for choice in 0..plan.choices(told.spoken) {
            for channel in [Channel::Reasoning, Channel::Text, Channel::Refusal, Channel::ToolCall] {
                let joined: String = plan
                    .pieces(told.spoken)
                    .into_iter()
                    .filter(|piece| (piece.1, piece.2) == (channel, choice_number(choice)))
                    .map(|piece| piece.4)
                    .collect();
                assert_eq!(reply.choice(choice_number(choice), channel), joined, "{}", told.what());
            }
        }
    }
    assert_eq!(report.total().failures(), 0, "{report}");
}

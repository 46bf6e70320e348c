//! Properties of the formats.

use sse_load::protocol::{Class, Format, Generic, MakeProtocol, Protocol};
use sse_load::sse::{Event, Framing};

use super::reads::{Outcome, Owned, Setup, cut, decode};
use super::text;

/// A path for which [`Format::Auto`] knows no format, and some of two formats that read much alike.
const PATHS: [&str; 4] = ["", "/v1/chat/completions", "/api/chat", "/generate_stream"];

/// Formats whose output does not depend on the events before.
const ALIKE: [Format; 5] =
    [Format::Append, Format::Anthropic, Format::Cohere, Format::OpenAiChat, Format::OpenAiCompletions];

/// Panics unless every format reads a body without panic, alike however it is cut, and keeps what its trait promises.
pub fn check(body: &[u8]) {
    for framing in [Framing::EventStream, Framing::Lines, Framing::Detect] {
        let events = events(body, framing);
        for format in Format::ALL {
            let mut protocol = format.protocol();
            if protocol.framing() == framing {
                let read = classes(&mut *protocol, &events);
                if ALIKE.contains(&format) {
                    check_each_by_itself(format, &events, &read);
                }
                assert!(format == Format::Auto || protocol.name() == format.name());
            }
        }
        if framing == Framing::Detect {
            for path in PATHS {
                check_recognised(path, &events);
            }
        }
    }
    check_generic(&events(body, Framing::EventStream));
    text::check(&String::from_utf8_lossy(body));
}

/// The events of a body, the same in one read and in several.
fn events(body: &[u8], framing: Framing) -> Vec<Owned> {
    let setup = Setup { framing, limit: usize::MAX, unterminated: true };
    let Outcome { events, .. } = decode([body], setup);
    assert_eq!(decode(cut(body), setup).events, events);
    events
}

/// What a stream means, an event at a time; each event for itself keeps what [`Protocol::classify`] promises.
fn classes(protocol: &mut dyn Protocol, events: &[Owned]) -> Vec<Vec<String>> {
    events.iter().map(|event| classes_of(protocol, &event.event())).collect()
}

/// What an event generates in a stream, where it may be like one before, it generates by itself.
fn check_each_by_itself(format: Format, events: &[Owned], read: &[Vec<String>]) {
    let generated =
        |classes: &[String]| classes.iter().filter(|class| class.starts_with("Generated")).cloned().collect();
    for (event, classes) in events.iter().zip(read) {
        let (in_stream, alone): (Vec<_>, Vec<_>) =
            (generated(classes), generated(&classes_of(&mut *format.protocol(), &event.event())));
        assert_eq!(in_stream, alone, "{}: {event:?}", format.name());
    }
}

fn classes_of(protocol: &mut dyn Protocol, event: &Event<'_>) -> Vec<String> {
    let (mut classes, mut ended) = (Vec::new(), false);
    protocol.classify(event, &mut |class| {
        match &class {
            Class::Generated { text, .. } => {
                assert!(!text.is_empty(), "generated text is never empty: {event:?}");
                assert!(!ended, "content comes before the end: {event:?}");
            }
            Class::Usage(usage) => assert!(!usage.is_empty(), "usage states a count: {event:?}"),
            Class::Complete | Class::EndOfStream => ended = true,
            Class::Error(message) | Class::Malformed(message) => {
                assert!(!message.is_empty(), "a message says something: {event:?}");
            }
            Class::Ignored => {}
        }
        classes.push(format!("{class:?}"));
    });
    let ignored = classes.iter().filter(|class| *class == "Ignored").count();
    assert!(!classes.is_empty(), "every event means something: {event:?}");
    assert!(ignored == 0 || classes.len() == 1, "an ignored event has no other meaning: {classes:?} of {event:?}");
    classes
}

/// Auto reads a stream as the format it has recognised from the first event on would.
fn check_recognised(path: &str, events: &[Owned]) {
    let mut auto = Format::Auto.protocol_for(path);
    let mut names = Vec::new();
    let mut read = Vec::new();
    for event in events {
        read.push(classes_of(&mut *auto, &event.event()));
        names.push(auto.name());
    }
    let Some(name) = names.first() else { return };
    let format = Format::ALL.into_iter().find(|format| format.name() == *name).expect("a format has that name");
    if format != Format::Auto && names.iter().all(|other| other == name) {
        let mut reader = format.protocol();
        assert_eq!(read, classes(&mut *reader, events), "recognised as {name}");
        assert_eq!(auto.is_open(), reader.is_open());
        assert_eq!(auto.ends_with_body(), reader.ends_with_body());
    }
}

/// The generic format with names of its own and an end of its own.
fn check_generic(events: &[Owned]) {
    let generic = Generic::new().output(["message", "token"]).until(|event| event.data == "[DONE]");
    let read = classes(&mut *generic.make_protocol(""), events);
    for (event, classes) in events.iter().zip(read) {
        let ends = classes.last().is_some_and(|class| class == "EndOfStream");
        assert_eq!(ends, event.data == "[DONE]" && event.name != "error", "{event:?}");
    }
}

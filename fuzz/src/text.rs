//! Known text through the formats: what a server cut into chunks is what a reader puts together.

use serde_json::{Value, json};
use sse_load::protocol::{Class, Format};
use sse_load::sse::Event;

/// How a format carries a text: what its chunk is made of the new part and of all the text so far.
type Chunk = fn(&str, &str) -> Value;

const CHUNKS: [(Format, Chunk); 7] = [
    (Format::Append, |part, _| json!({"type": "append", "text": part})),
    (Format::OpenAiChat, |part, _| json!({"choices": [{"index": 0, "delta": {"content": part}}]})),
    (Format::OpenAiCompletions, |part, _| json!({"choices": [{"index": 0, "text": part}]})),
    (Format::Ollama, |part, _| json!({"response": part, "done": false})),
    (Format::LlamaCpp, |part, _| json!({"content": part, "stop": false})),
    (Format::SgLang, |_, so_far| json!({"text": so_far, "meta_info": {}})),
    (
        Format::Anthropic,
        |part, _| json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": part}}),
    ),
];

/// As much of a text as is worth the time.
const LONGEST: usize = 64;

/// Panics unless every format, and Auto too, gives back a text that came in pieces.
pub(crate) fn check(text: &str) {
    let text = &text[..text.char_indices().nth(LONGEST).map_or(text.len(), |(end, _)| end)];
    for (format, chunk) in CHUNKS {
        let chunks: Vec<_> = pieces(text).map(|(part, so_far)| chunk(part, so_far).to_string()).collect();
        for reader in [format, Format::Auto] {
            assert_eq!(generated(reader, &chunks), text, "{} read as {}", format.name(), reader.name());
        }
    }
}

/// Pieces of one to sixteen characters, each with all the text up to its end.
fn pieces(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut start = 0;
    std::iter::from_fn(move || {
        let rest = text.get(start..).filter(|rest| !rest.is_empty())?;
        let wanted = usize::from(rest.as_bytes()[0] % 16) + 1;
        let length = rest.char_indices().nth(wanted).map_or(rest.len(), |(at, _)| at);
        start += length;
        Some((&rest[..length], &text[..start]))
    })
}

fn generated(format: Format, chunks: &[String]) -> String {
    let mut protocol = format.protocol();
    let mut text = String::new();
    for data in chunks {
        protocol.classify(&Event { name: "message", data, id: None }, &mut |class| {
            if let Class::Generated { text: part, .. } = class {
                text.push_str(part);
            }
        });
    }
    text
}

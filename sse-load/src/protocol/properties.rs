//! Properties of all formats: whatever the data, it means something and nothing panics.

use proptest::prelude::*;

use super::{Class, Format};
use crate::sse::Event;

const NAMES: &[&str] = &[
    "type",
    "text",
    "choices",
    "delta",
    "content",
    "index",
    "usage",
    "error",
    "message",
    "tool_calls",
    "function",
    "stop",
    "text_output",
    "meta_info",
    "completion_tokens",
    "finish_reason",
    "candidates",
    "parts",
    "thought",
    "functionCall",
    "args",
    "finishReason",
    "usageMetadata",
];

/// Nearly a chunk: the fields of the formats with values of any kind, cut off anywhere.
fn nearly_json() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        Just("null"),
        Just("1"),
        Just("-1.5"),
        Just("true"),
        Just(r#""a""#),
        Just(r#""\ud83d""#),
        Just("\"append\""),
        Just("\"content_block_delta\""),
        Just("\"message_delta\""),
        Just("\"response.output_text.delta\""),
        Just("\"response.completed\""),
        Just("\"content-delta\""),
        Just("\"message-end\""),
    ]
    .prop_map(str::to_owned);
    let json = value.prop_recursive(6, 32, 3, |inner| {
        let field = (proptest::sample::select(NAMES).prop_map(str::to_owned), inner.clone())
            .prop_map(|(name, value)| format!("\"{name}\":{value}"));
        prop_oneof![
            proptest::collection::vec(inner, 0..3).prop_map(|items| format!("[{}]", items.join(","))),
            proptest::collection::vec(field, 0..4).prop_map(|fields| format!("{{{}}}", fields.join(","))),
        ]
    });
    (json, any::<proptest::sample::Index>(), prop::bool::weighted(0.2)).prop_map(|(json, end, cut)| {
        let end = if cut { end.index(json.len() + 1) } else { json.len() };
        json.get(..end).unwrap_or(&json).to_owned()
    })
}

#[test]
fn an_error_object_is_an_error_in_every_format() {
    for format in Format::ALL.into_iter().filter(|format| *format != Format::Generic) {
        let mut protocol = format.protocol();
        let data = r#"{"error":{"message":"the upstream is gone","code":"500"}}"#;
        let mut errors = 0;
        let event = Event { name: "message", data, id: None };
        protocol.classify(&event, &mut |class| errors += u32::from(matches!(class, Class::Error(_))));
        assert_eq!(errors, 1, "{format:?}");
    }
}

proptest! {
    #[test]
    fn any_data_means_something_and_none_panics(
        data in proptest::collection::vec(prop_oneof![4 => nearly_json(), 1 => any::<String>()], 1..6),
        name in prop_oneof![4 => Just("message"), 1 => Just("error"), 1 => Just("ping")],
    ) {
        for format in Format::ALL {
            let mut protocol = format.protocol();
            for data in &data {
                let mut classes = 0;
                protocol.classify(&Event { name, data, id: None }, &mut |_| classes += 1);
                prop_assert!(classes > 0);
            }
        }
    }
}

//! OpenAI chat chunks of about 275 bytes, as they go over the wire.

/// An event with this text, which is JSON already.
pub(crate) fn text(text: &str) -> String {
    event(&format!("{{\"content\":\"{text}\"}},\"finish_reason\":null"), "")
}

/// The last event, with the usage.
pub(crate) fn finish() -> String {
    let usage = r#","usage":{"prompt_tokens":9,"completion_tokens":9,"total_tokens":18}"#;
    event("{},\"finish_reason\":\"stop\"", usage)
}

/// The marker of the end.
pub(crate) const DONE: &str = "data: [DONE]\n\n";

fn event(delta: &str, usage: &str) -> String {
    format!(
        "data: {{\"id\":\"chatcmpl-9mK2vTq7ZxY1bN4cR8sWfE3dUaHg\",\"object\":\"chat.completion.chunk\",\
         \"created\":1719859200,\"model\":\"gpt-4o-mini-2024-07-18\",\"service_tier\":\"default\",\
         \"system_fingerprint\":\"fp_0f03d4f0ee\",\"choices\":[{{\"index\":0,\"delta\":{delta}}}]{usage}}}\n\n"
    )
}

/// An event in an HTTP chunk of its own, as servers send it (RFC 9112, section 7.1).
pub(crate) fn http_chunk(event: &str) -> String {
    format!("{:x}\r\n{event}\r\n", event.len())
}

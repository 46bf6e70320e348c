//! Which format a path is known for.

use super::Format;

/// The ends of paths, the longer before the shorter that it ends with.
const ENDS: &[(&str, Format)] = &[
    ("/chat/completions", Format::OpenAiChat),
    ("/completions", Format::OpenAiCompletions),
    ("/responses", Format::OpenAiResponses),
    ("/messages", Format::Anthropic),
    ("/v2/chat", Format::Cohere),
    (":streamGenerateContent", Format::Gemini),
    ("/api/chat", Format::Ollama),
    ("/api/generate", Format::Ollama),
    ("/generate_stream", Format::Tgi),
    ("/generate", Format::SgLang),
    ("/completion", Format::LlamaCpp),
];

/// Triton's paths name a model: `/v2/models/m/generate_stream`.
const TRITON: &str = "/v2/models/";

/// The format that a request to this path is most likely answered in, if the path says so.
pub(super) fn format(path: &str) -> Option<Format> {
    let path = path.trim_end_matches('/');
    let (end, format) = ENDS.iter().find(|(end, _)| path.ends_with(end))?;
    let is_triton = end.starts_with("/generate") && path.contains(TRITON);
    Some(if is_triton { Format::Triton } else { *format })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_known_by_its_end() {
        let cases = [
            ("/v1/chat/completions", Some(Format::OpenAiChat)),
            ("/openai/deployments/m/chat/completions", Some(Format::OpenAiChat)),
            ("/v1/chat/completions/", Some(Format::OpenAiChat)),
            ("/v1/completions", Some(Format::OpenAiCompletions)),
            ("/v1/responses", Some(Format::OpenAiResponses)),
            ("/v1/messages", Some(Format::Anthropic)),
            ("/v2/chat", Some(Format::Cohere)),
            ("/v1beta/models/gemini-2.5-flash:streamGenerateContent", Some(Format::Gemini)),
            ("/api/chat", Some(Format::Ollama)),
            ("/api/generate", Some(Format::Ollama)),
            ("/generate_stream", Some(Format::Tgi)),
            ("/v2/models/ensemble/generate_stream", Some(Format::Triton)),
            ("/v2/models/ensemble/versions/1/generate_stream", Some(Format::Triton)),
            ("/generate", Some(Format::SgLang)),
            ("/completion", Some(Format::LlamaCpp)),
            ("/autocompletion", None),
            ("/api/generate/x", None),
            ("/stream", None),
            ("/", None),
            ("", None),
        ];
        for (path, expected) in cases {
            assert_eq!(format(path), expected, "{path}");
        }
    }
}

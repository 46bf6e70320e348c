//! Keeps secrets out of messages.

use http::HeaderMap;

/// Headers that carry keys at the known APIs.
const SECRET_HEADERS: [&str; 7] =
    ["authorization", "proxy-authorization", "cookie", "x-api-key", "api-key", "x-goog-api-key", "x-auth-token"];

/// Shorter values would blank out ordinary words.
const SHORTEST_SECRET: usize = 6;

const REDACTED: &str = "[redacted]";

/// What ends a text that is shown in part.
const CUTS: [&str; 2] = ["…", ".."];

/// The secrets that one request carries.
#[derive(Clone, Debug, Default)]
pub(super) struct Secrets(Vec<String>);

impl Secrets {
    /// Of headers that are known to hold keys, and of those marked as sensitive.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let secrets = headers
            .iter()
            .filter(|(name, value)| value.is_sensitive() || SECRET_HEADERS.contains(&name.as_str()))
            .filter_map(|(_, value)| value.to_str().ok())
            .map(|value| value.strip_prefix("Bearer ").or(value.strip_prefix("Basic ")).unwrap_or(value).to_owned())
            .filter(|secret| secret.len() >= SHORTEST_SECRET)
            .collect();
        Self(secrets)
    }

    /// `text` with every secret replaced; a server may quote the key that it refuses. Messages show the start of longer
    /// texts, so a secret may also be cut: then its beginning is replaced.
    pub(super) fn redact(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| {
            let whole = text.replace(secret.as_str(), REDACTED);
            CUTS.iter().fold(whole, |text, cut| redact_cut(text, secret, cut))
        })
    }
}

/// `text` without a beginning of `secret` that is cut off by `cut`.
fn redact_cut(text: String, secret: &str, cut: &str) -> String {
    if !text.contains(cut) {
        return text;
    }
    // A header's value is ASCII, so every length is the end of a character.
    (SHORTEST_SECRET..secret.len())
        .rev()
        .fold(text, |text, length| text.replace(&format!("{}{cut}", &secret[..length]), &format!("{REDACTED}{cut}")))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use http::header::AUTHORIZATION;

    use super::*;

    #[test]
    fn a_key_that_the_server_quotes_is_blanked_out() {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_static("Bearer sk-123456"));
        headers.insert("x-api-key", HeaderValue::from_static("key-abcdef"));
        headers.insert("x-trace", HeaderValue::from_static("trace-1234"));
        let secrets = Secrets::of(&headers);
        assert_eq!(
            secrets.redact("bad key sk-123456 or key-abcdef in trace-1234"),
            "bad key [redacted] or [redacted] in trace-1234"
        );
    }

    #[test]
    fn a_key_that_the_end_of_a_message_cuts_is_blanked_out() {
        let headers = HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static("Bearer sk-123456"))]);
        let secrets = Secrets::of(&headers);
        assert_eq!(secrets.redact("bad key sk-12345… (retry after 7)"), "bad key [redacted]… (retry after 7)");
        assert_eq!(secrets.redact("bad key sk-123.."), "bad key [redacted]..");
        assert_eq!(secrets.redact("too short to tell: sk-1…"), "too short to tell: sk-1…");
        assert_eq!(secrets.redact("not cut: sk-1234"), "not cut: sk-1234");
    }

    #[test]
    fn a_header_marked_sensitive_is_a_secret_whatever_its_name() {
        let mut value = HeaderValue::from_static("swordfish");
        value.set_sensitive(true);
        let headers = HeaderMap::from_iter([(http::HeaderName::from_static("x-own"), value)]);
        assert_eq!(Secrets::of(&headers).redact("swordfish!"), "[redacted]!");
    }
}

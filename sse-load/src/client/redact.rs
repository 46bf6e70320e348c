//! Keeps secrets out of messages.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::HeaderMap;
use url::Url;

/// What the names of headers and query parameters that carry a secret have in them, at every known API.
const SECRET_NAMES: [&str; 10] =
    ["auth", "key", "token", "secret", "cookie", "password", "passwd", "credential", "signature", "session"];

/// Shorter values would blank out ordinary words.
const SHORTEST_SECRET: usize = 6;

const REDACTED: &str = "[redacted]";

/// What ends a text that is shown in part.
const CUTS: [&str; 2] = ["…", ".."];

/// The secrets that one request carries.
#[derive(Clone, Debug, Default)]
pub(super) struct Secrets(Vec<String>);

impl Secrets {
    /// Of headers and query parameters whose name tells, of headers marked as sensitive, and of the URL's user.
    pub(super) fn of(headers: &HeaderMap, url: &Url) -> Self {
        let in_headers = headers
            .iter()
            .filter(|(name, value)| value.is_sensitive() || is_secret(name.as_str()))
            .filter_map(|(_, value)| value.to_str().ok())
            .flat_map(parts);
        let in_query = url.query_pairs().filter(|(name, _)| is_secret(name)).map(|(_, value)| value.into_owned());
        let secrets = in_headers.chain(in_query).chain(of_user(url));
        Self(secrets.filter(|secret| secret.len() >= SHORTEST_SECRET && secret.is_ascii()).collect())
    }

    /// `text` with every secret replaced; a server may quote the key that it refuses. Messages show the start of longer
    /// texts, and a body may break off, so a secret may also be cut: then its beginning is replaced.
    pub(super) fn redact(&self, text: &str) -> String {
        let text = without_url_secrets(text);
        self.0.iter().fold(text, |text, secret| {
            let whole = text.replace(secret.as_str(), REDACTED);
            let cut = CUTS.iter().fold(whole, |text, cut| redact_cut(text, secret, cut));
            redact_end(cut, secret)
        })
    }
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_NAMES.iter().any(|part| name.contains(part))
}

/// The whole value, what follows its scheme (`Bearer ..`), and the value of each pair in it (`a=b; c=d`).
fn parts(value: &str) -> Vec<String> {
    let after_scheme = value.split_once(' ').map(|(_, rest)| rest.trim());
    let pairs = value.split([';', ',']).filter_map(|pair| pair.split_once('=')).map(|(_, value)| value.trim());
    [value].into_iter().chain(after_scheme).chain(pairs).map(ToOwned::to_owned).collect()
}

/// A user's password as it stands in the URL, and the basic authorization that is made of both (RFC 7617, section 2).
fn of_user(url: &Url) -> Vec<String> {
    let Some(password) = url.password() else { return Vec::new() };
    let plain = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let basic = BASE64_STANDARD.encode(format!("{}:{}", plain(url.username()), plain(password)));
    vec![password.to_owned(), plain(password), basic]
}

/// `text` with the user and the query of every URL in it left out.
pub(crate) fn without_url_secrets(text: &str) -> String {
    const ENDS: [char; 9] = [' ', '"', '\'', '`', '<', '>', ')', '\t', '\n'];
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        let (url, behind) = after.split_at(after.find(ENDS).unwrap_or(after.len()));
        let authority = url.find(['/', '?', '#']).unwrap_or(url.len());
        let host = url[..authority].rfind('@').map_or(0, |at| at + 1);
        let path = url.find('?').unwrap_or(url.len());
        shown.push_str(before);
        shown.push_str(&url[host..path.max(host)]);
        if path < url.len() {
            shown.push_str("?…");
        }
        rest = behind;
    }
    shown.push_str(rest);
    shown
}

/// `text` without a beginning of `secret` that is cut off by `cut`.
fn redact_cut(text: String, secret: &str, cut: &str) -> String {
    if !text.contains(cut) {
        return text;
    }
    // Secrets are ASCII, so every length is the end of a character.
    (SHORTEST_SECRET..secret.len())
        .rev()
        .fold(text, |text, length| text.replace(&format!("{}{cut}", &secret[..length]), &format!("{REDACTED}{cut}")))
}

/// `text` without a beginning of `secret` that its end cuts off.
fn redact_end(text: String, secret: &str) -> String {
    let beginning = (SHORTEST_SECRET..secret.len()).rev().find_map(|length| text.strip_suffix(&secret[..length]));
    beginning.map(|before| format!("{before}{REDACTED}")).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use http::header::AUTHORIZATION;

    use super::*;

    fn nowhere() -> Url {
        Url::parse("http://localhost").expect("a URL")
    }

    #[test]
    fn a_key_that_the_server_quotes_is_blanked_out() {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_static("Bearer sk-123456"));
        headers.insert("x-api-key", HeaderValue::from_static("key-abcdef"));
        headers.insert("x-trace", HeaderValue::from_static("trace-1234"));
        let secrets = Secrets::of(&headers, &nowhere());
        assert_eq!(
            secrets.redact("bad key sk-123456 or key-abcdef in trace-1234"),
            "bad key [redacted] or [redacted] in trace-1234"
        );
    }

    #[test]
    fn a_key_that_the_end_of_a_message_cuts_is_blanked_out() {
        let headers = HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static("Bearer sk-123456"))]);
        let secrets = Secrets::of(&headers, &nowhere());
        assert_eq!(secrets.redact("bad key sk-12345… (retry after 7)"), "bad key [redacted]… (retry after 7)");
        assert_eq!(secrets.redact("bad key sk-123.."), "bad key [redacted]..");
        assert_eq!(secrets.redact("too short to tell: sk-1…"), "too short to tell: sk-1…");
        assert_eq!(secrets.redact("the body broke off: sk-1234"), "the body broke off: [redacted]");
        assert_eq!(secrets.redact("not cut: sk-1234 there"), "not cut: sk-1234 there");
    }

    #[test]
    fn every_way_of_sending_a_key_is_known() {
        let headers = HeaderMap::from_iter([
            (AUTHORIZATION, HeaderValue::from_static("token lower-case-1")),
            (http::header::COOKIE, HeaderValue::from_static("theme=dark; sid=cookie-value-1")),
            (http::HeaderName::from_static("ocp-apim-subscription-key"), HeaderValue::from_static("azure-key-1")),
        ]);
        let url = Url::parse("http://me:p%40ssword1@h/v1?key=gemini-key-1&q=rust-lang").expect("a URL");
        let secrets = Secrets::of(&headers, &url);
        for secret in ["lower-case-1", "cookie-value-1", "azure-key-1", "gemini-key-1", "p@ssword1", "bWU6cEBzc3dvcmQx"]
        {
            assert_eq!(secrets.redact(&format!("bad {secret}!")), "bad [redacted]!", "{secret}");
        }
        assert_eq!(secrets.redact("rust-lang"), "rust-lang");
    }

    #[test]
    fn no_url_shows_its_user_or_its_query() {
        for (text, shown) in [
            ("to http://me:pw@h/a?key=1 (3)", "to http://h/a?… (3)"),
            ("https://h", "https://h"),
            ("for url (https://h/a?k=v): refused", "for url (https://h/a?…): refused"),
            ("http://h/a@b?x and http://u@i", "http://h/a@b?… and http://i"),
            ("no url: a?b", "no url: a?b"),
        ] {
            assert_eq!(without_url_secrets(text), shown);
        }
    }

    #[test]
    fn a_header_marked_sensitive_is_a_secret_whatever_its_name() {
        let mut value = HeaderValue::from_static("swordfish");
        value.set_sensitive(true);
        let headers = HeaderMap::from_iter([(http::HeaderName::from_static("x-own"), value)]);
        assert_eq!(Secrets::of(&headers, &nowhere()).redact("swordfish!"), "[redacted]!");
    }
}

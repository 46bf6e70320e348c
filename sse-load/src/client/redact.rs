//! Keeps secrets out of messages.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::HeaderMap;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
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
            .flat_map(|(_, value)| parts(&String::from_utf8_lossy(value.as_bytes())));
        let in_query = url.query_pairs().filter(|(name, _)| is_secret(name)).map(|(_, value)| value.into_owned());
        let secrets = in_headers.chain(in_query).chain(of_user(url));
        Self(secrets.filter(|secret| secret.chars().count() >= SHORTEST_SECRET).collect())
    }

    /// `text` with every secret replaced, in each of its spellings; a server may quote the key that it refuses. Messages show
    /// the start of longer texts, and a body may break off, so a secret may also be cut: then its beginning is replaced.
    pub(super) fn redact(&self, text: &str) -> String {
        self.0.iter().fold(without_url_secrets(text), |text, secret| without(&text, secret))
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

/// A user's password as it stands in the URL, or the name where a key stands for both, and the basic authorization that is made of
/// both (RFC 7617, section 2).
fn of_user(url: &Url) -> Vec<String> {
    let password = url.password().unwrap_or_default();
    let secret = if password.is_empty() { url.username() } else { password };
    if secret.is_empty() {
        return Vec::new();
    }
    let plain = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let basic = BASE64_STANDARD.encode(format!("{}:{}", plain(url.username()), plain(password)));
    vec![secret.to_owned(), plain(secret), basic]
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

/// `text` without `secret`, and without a beginning of it that is cut off.
fn without(text: &str, secret: &str) -> String {
    let secret: Vec<_> = secret.chars().map(spellings).collect();
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let length = quoted(rest, &secret);
        let (skipped, stands) = length.map_or((next.len_utf8(), &rest[..next.len_utf8()]), |length| (length, REDACTED));
        shown.push_str(stands);
        rest = &rest[skipped..];
    }
    shown
}

/// How a server may write a character: as it is, as in a URL, and as in JSON.
fn spellings(character: char) -> Vec<String> {
    let plain = character.to_string();
    let in_url = utf8_percent_encode(&plain, NON_ALPHANUMERIC).to_string();
    let in_json: Vec<_> = character.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect();
    let short = match character {
        ' ' => Some("+".to_owned()),
        '"' | '\\' | '/' => Some(format!("\\{character}")),
        _ => None,
    };
    [plain, in_url, in_json.concat()].into_iter().chain(short).collect()
}

/// How many bytes at the beginning of `text` are the secret of these characters, or a beginning of it that is cut off.
fn quoted(text: &str, secret: &[Vec<String>]) -> Option<usize> {
    // A backslash is spelled by one or by two of them, so there may be several ends.
    let mut ends = vec![0];
    let mut cut = None;
    for (place, spellings) in secret.iter().enumerate() {
        if place >= SHORTEST_SECRET {
            let broken = ends.iter().filter_map(|end| Some(end + cut_off(&text[*end..], spellings)?));
            cut = broken.max().or(cut);
        }
        let further = |end: &usize| {
            let end = *end;
            spellings
                .iter()
                .filter(move |spelling| begins(&text[end..], spelling))
                .map(move |spelling| end + spelling.len())
        };
        ends = ends.iter().flat_map(further).collect();
        ends.sort_unstable();
        ends.dedup();
    }
    ends.pop().or(cut)
}

/// How many bytes of a broken spelling stand before the place where `text` is cut off, if that is here.
fn cut_off(text: &str, spellings: &[String]) -> Option<usize> {
    let is_cut = |rest: &str| rest.is_empty() || CUTS.iter().any(|cut| rest.starts_with(cut));
    let broken = |spelling: &String| {
        let lengths = (0..spelling.len()).filter(|length| spelling.is_char_boundary(*length));
        lengths.rev().find(|length| begins(text, &spelling[..*length]) && is_cut(&text[*length..]))
    };
    spellings.iter().filter_map(broken).max()
}

/// Hexadecimal digits come in either case, so none is told apart.
fn begins(text: &str, with: &str) -> bool {
    text.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with))
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
    fn a_key_is_known_however_the_server_spells_it() {
        const KEY: &str = "a+b/c=\\d\"é 😀z";
        let mut url = nowhere();
        url.query_pairs_mut().append_pair("api_key", KEY);
        let secrets = Secrets::of(&HeaderMap::new(), &url);
        let in_query = url.query().expect("a query").trim_start_matches("api_key=").to_owned();
        let in_url = utf8_percent_encode(KEY, NON_ALPHANUMERIC).to_string();
        let in_json = serde_json::to_string(KEY).expect("a string").trim_matches('"').to_owned();
        let in_ascii = r#"a+b\/c=\\d\"\u00E9 \ud83d\ude00z"#.to_owned();
        for spelling in [KEY.to_owned(), in_query, in_url.to_lowercase(), in_url, in_json, in_ascii] {
            let quote = format!("no {spelling}!");
            assert_eq!(secrets.redact(&quote), "no [redacted]!", "{quote}");
            let whole = secrets.redact(&spelling);
            assert_eq!(whole, REDACTED);
            for (at, _) in spelling.char_indices().filter(|(at, _)| *at > spelling.find(['d', 'D']).expect("a d")) {
                let beginning = &spelling[..at];
                assert_eq!(secrets.redact(&format!("no {beginning}")), "no [redacted]", "{beginning}");
                assert_eq!(secrets.redact(&format!("no {beginning}… more")), "no [redacted]… more", "{beginning}");
            }
        }
    }

    #[test]
    fn a_header_of_other_letters_than_ascii_is_a_secret_too() {
        let value = HeaderValue::from_str("schlüssel").expect("a value");
        let headers = HeaderMap::from_iter([(http::HeaderName::from_static("x-api-key"), value)]);
        assert_eq!(Secrets::of(&headers, &nowhere()).redact("no schlüssel!"), "no [redacted]!");
    }

    #[test]
    fn backslashes_without_end_take_no_time_without_end() {
        let secret = r"\".repeat(40);
        assert_eq!(without(&format!("{}x", r"\".repeat(60)), &secret), format!("{REDACTED}x"));
        assert_eq!(without(&r"\".repeat(39), &secret), REDACTED, "a beginning");
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

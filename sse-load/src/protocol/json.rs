//! JSON whose types nobody promised.
//!
//! A server may send a number where a string belongs. That must cost the one field, not the text beside it, so every
//! field is read as [`Json`]: whatever is there, without a tree being built for it.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

use super::{Class, surrogates};

/// Any JSON value. Objects are read as `O` and arrays as `L`; by default both are skipped.
///
/// Values are moved several times on their way out of the deserializer, so what is rare in a big object is best boxed.
#[derive(Debug, Default)]
pub(super) enum Json<'a, O = IgnoredAny, L = IgnoredAny> {
    /// `null`, or no such field.
    #[default]
    Null,
    Bool(bool),
    Number(Number),
    Text(Cow<'a, str>),
    List(L),
    Object(O),
}

/// An array of more elements is refused. An element takes up to a hundred times the bytes that it has in JSON, and arrays
/// stand in arrays: what no server sends must not fill the memory.
const MAX_ELEMENTS: usize = 256;

/// The elements of an array. The first stands apart: there is mostly one, which then needs no allocation.
#[derive(Debug)]
pub(super) struct List<E> {
    first: Option<E>,
    rest: Vec<E>,
}

impl<E> List<E> {
    pub(super) fn iter(&self) -> impl Iterator<Item = &E> {
        self.first.iter().chain(&self.rest)
    }

    /// The element, where there is one and no other.
    pub(super) fn only(&self) -> Option<&E> {
        self.first.as_ref().filter(|_| self.rest.is_empty())
    }
}

impl<O, L> Json<'_, O, L> {
    /// What it is, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "a string",
            Self::List(_) => "an array",
            Self::Object(_) => "an object",
        }
    }

    /// The string; any other value is an empty one.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            _ => "",
        }
    }

    /// The string or number, as text.
    pub(super) fn label(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Text(text) if !text.is_empty() => Some(Cow::Borrowed(text)),
            Self::Number(number) => Some(Cow::Owned(number.to_string())),
            _ => None,
        }
    }

    /// The whole number, however it is written: Cohere counts `12.0` tokens.
    pub(super) fn count(&self) -> Option<u64> {
        match self {
            Self::Number(number) => number.as_u64().or_else(|| number.to_string().strip_suffix(".0")?.parse().ok()),
            _ => None,
        }
    }

    pub(super) fn object(&self) -> Option<&O> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    pub(super) fn list(&self) -> Option<&L> {
        match self {
            Self::List(list) => Some(list),
            _ => None,
        }
    }

    /// Whether there is something: not `null`, `false` or an empty string.
    pub(super) fn is_set(&self) -> bool {
        match self {
            Self::Null | Self::Bool(false) => false,
            Self::Text(text) => !text.is_empty(),
            _ => true,
        }
    }
}

impl<'de: 'a, 'a, O: Deserialize<'de>, L: Deserialize<'de>> Deserialize<'de> for Json<'a, O, L> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any(PhantomData))
    }
}

struct Any<'a, O, L>(PhantomData<(&'a (), O, L)>);

impl<'de: 'a, 'a, O: Deserialize<'de>, L: Deserialize<'de>> Visitor<'de> for Any<'a, O, L> {
    type Value = Json<'a, O, L>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<F>(self) -> Result<Self::Value, F> {
        Ok(Json::Null)
    }

    fn visit_bool<F>(self, value: bool) -> Result<Self::Value, F> {
        Ok(Json::Bool(value))
    }

    fn visit_u64<F>(self, value: u64) -> Result<Self::Value, F> {
        Ok(Json::Number(value.into()))
    }

    fn visit_i64<F>(self, value: i64) -> Result<Self::Value, F> {
        Ok(Json::Number(value.into()))
    }

    fn visit_f64<F>(self, value: f64) -> Result<Self::Value, F> {
        Ok(Number::from_f64(value).map_or(Json::Null, Json::Number))
    }

    fn visit_borrowed_str<F>(self, value: &'de str) -> Result<Self::Value, F> {
        Ok(Json::Text(Cow::Borrowed(value)))
    }

    fn visit_str<F>(self, value: &str) -> Result<Self::Value, F> {
        Ok(Json::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, elements: A) -> Result<Self::Value, A::Error> {
        L::deserialize(SeqAccessDeserializer::new(elements)).map(Json::List)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        O::deserialize(MapAccessDeserializer::new(map)).map(Json::Object)
    }
}

impl<'de, E: Deserialize<'de>> Deserialize<'de> for List<E> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Elements(PhantomData))
    }
}

struct Elements<E>(PhantomData<E>);

impl<'de, E: Deserialize<'de>> Visitor<'de> for Elements<E> {
    type Value = List<E>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        let first = elements.next_element()?;
        let mut rest = Vec::new();
        while let Some(element) = elements.next_element()? {
            if rest.len() + 1 == MAX_ELEMENTS {
                return Err(A::Error::custom(format_args!("an array of more than {MAX_ELEMENTS} elements")));
            }
            rest.push(element);
        }
        Ok(List { first, rest })
    }
}

/// The data as an object; `None` if it is another JSON value.
pub(super) fn object<'a, O: Deserialize<'a>>(data: &'a str) -> serde_json::Result<Option<O>> {
    // Derived structs also take arrays, by position, so the brace is looked for.
    if data.trim_start().starts_with('{') {
        return serde_json::from_str(data).map(Some);
    }
    serde_json::from_str::<IgnoredAny>(data).map(|_| None)
}

/// Lets `read` read the data as JSON, once more without lone surrogates if it could not. `read` must emit nothing
/// before it knows that the whole of it is JSON.
pub(super) fn read(
    data: &str,
    emit: &mut dyn FnMut(Class<'_>),
    mut read: impl FnMut(&str, &mut dyn FnMut(Class<'_>)) -> serde_json::Result<()>,
) {
    let outcome = read(data, emit).or_else(|error| match surrogates::replaced(data) {
        Some(mended) => read(&mended, emit),
        None => Err(error),
    });
    if let Err(error) = outcome {
        let message = format!("expected JSON in the event's data, found `{}`: {error}", excerpt(data));
        emit(Class::Malformed(message.into()));
    }
}

/// The beginning of a text, for messages.
pub(super) fn excerpt(text: &str) -> Cow<'_, str> {
    const LONGEST: usize = 200;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => Cow::Owned(format!("{}..", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Json<'_, IgnoredAny, List<Json<'_>>> {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn every_json_value_is_read() {
        assert!(matches!(parse("null"), Json::Null));
        assert!(matches!(parse("true"), Json::Bool(true)));
        assert_eq!(parse("12").count(), Some(12));
        assert_eq!(parse("12.0").count(), Some(12));
        assert_eq!(parse("-1").count(), None);
        assert_eq!(parse("-1.0").count(), None);
        assert_eq!(parse("1.5").count(), None);
        assert_eq!(parse("1.5").label().as_deref(), Some("1.5"));
        assert_eq!(parse(r#""a""#).text(), "a");
        assert_eq!(parse(r#""a\n""#).text(), "a\n");
        assert!(parse(r#"{"a":[1,{}]}"#).object().is_some());
        let length = |json| parse(json).list().map(|list| list.iter().count());
        assert_eq!(length(r#"["a",[],"b"]"#), Some(3));
        assert_eq!(length("[]"), Some(0));
        let is_alone = |json| parse(json).list().is_some_and(|list| list.only().is_some());
        assert_eq!([is_alone("[]"), is_alone("[1]"), is_alone("[1,2]")], [false, true, false]);
        assert_eq!(length("{}"), None);
    }

    #[test]
    fn an_array_has_an_end() {
        let read = |elements: usize| {
            let json = format!("[{}0]", "0,".repeat(elements - 1));
            serde_json::from_str::<List<Json<'_>>>(&json).map(|list| list.iter().count())
        };
        assert_eq!(read(256).ok(), Some(256));
        let error = read(257).expect_err("one too many").to_string();
        assert!(error.starts_with("an array of more than 256 elements at line 1"), "{error}");
    }

    #[test]
    fn a_plain_string_is_borrowed() {
        assert!(matches!(parse(r#""plain""#), Json::Text(Cow::Borrowed("plain"))));
    }

    #[test]
    fn only_something_is_set() {
        for json in ["null", "false", r#""""#] {
            assert!(!parse(json).is_set(), "{json}");
        }
        for json in ["true", "0", r#""a""#, "{}", "[]"] {
            assert!(parse(json).is_set(), "{json}");
        }
    }

    #[test]
    fn an_excerpt_ends_between_characters() {
        let long = "\u{1F600}".repeat(300);
        assert_eq!(excerpt(&long).chars().count(), 202);
        assert_eq!(excerpt("short"), "short");
    }
}

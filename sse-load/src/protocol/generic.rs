//! Any other event stream: every event is output, or those of the names that the caller gives.

use std::fmt;
use std::sync::Arc;

use super::{Channel, Class, Format, MakeProtocol, Protocol, server_error};
use crate::sse::Event;

/// Reads an event stream that no [`Format`] describes: the data of its events is the output.
///
/// As it is made, every event that is not empty is output and the end of the body is the end of the reply, as in
/// [`Format::Generic`]. An event named `error` is an error in every case.
///
/// ```
/// use sse_load::protocol::{Generic, MakeProtocol};
///
/// // In a task: ctx.sse_request("/prices").format(prices).send().await?
/// let prices = Generic::new().output(["price", "trade"]).until(|event| event.name == "closed");
/// assert!(!prices.make_protocol("/prices").ends_with_body());
/// ```
#[derive(Clone, Default)]
pub struct Generic {
    output: Option<Arc<[String]>>,
    until: Option<Arc<Until>>,
    most: Option<u64>,
    /// Output events of this stream so far.
    taken: u64,
    /// Names of events that were not asked for, for the message.
    came: Vec<String>,
}

/// How many names of events a message has, and how many characters of each.
const MOST_NAMES: usize = 8;
const LONGEST_NAME: usize = 40;

type Until = dyn Fn(&Event<'_>) -> bool + Send + Sync;

impl Generic {
    /// Every event is output, up to the end of the body.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only events of these names are output. An event without a name has the name `message`.
    ///
    /// ```
    /// use sse_load::protocol::{Class, Generic, MakeProtocol};
    /// use sse_load::sse::Event;
    ///
    /// let mut prices = Generic::new().output(["price"]).make_protocol("/prices");
    /// let event = Event { name: "heartbeat", data: "1", id: None };
    /// prices.classify(&event, &mut |class| assert_eq!(class, Class::Ignored));
    /// ```
    #[must_use]
    pub fn output<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.output = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// The reply is complete with the first event for which this is true. A body that ends before it is cut short.
    ///
    /// That event is a marker and no output, unless [`output`](Self::output) names it: then it is both, its output first.
    ///
    /// ```
    /// use sse_load::protocol::{Class, Generic, MakeProtocol};
    /// use sse_load::sse::Event;
    ///
    /// let mut lines = Generic::new().until(|event| event.data == "[DONE]").make_protocol("/lines");
    /// let mut classes = Vec::new();
    /// let event = Event { name: "message", data: "[DONE]", id: None };
    /// lines.classify(&event, &mut |class| classes.push(format!("{class:?}")));
    /// assert_eq!(classes, ["Complete", "EndOfStream"]);
    /// ```
    #[must_use]
    pub fn until(mut self, is_end: impl Fn(&Event<'_>) -> bool + Send + Sync + 'static) -> Self {
        self.until = Some(Arc::new(is_end));
        self
    }

    /// The reply is complete with this many events of output: for streams that never end, such as tickers.
    ///
    /// ```
    /// use sse_load::protocol::{Class, Generic, MakeProtocol};
    /// use sse_load::sse::Event;
    ///
    /// let mut ticker = Generic::new().output(["price"]).take(2).make_protocol("/ticker");
    /// let event = Event { name: "price", data: "1.07", id: None };
    /// let mut classes = Vec::new();
    /// (0..2).for_each(|_| ticker.classify(&event, &mut |class| classes.push(format!("{class:?}"))));
    /// assert_eq!(classes[2..], ["Complete", "EndOfStream"]);
    /// ```
    #[must_use]
    pub fn take(mut self, events: u64) -> Self {
        self.most = Some(events);
        self
    }

    fn is_output(&self, event: &Event<'_>, ends: bool) -> bool {
        let named = self.output.as_ref().map(|names| names.iter().any(|name| name == event.name));
        !event.data.is_empty() && named.unwrap_or(!ends)
    }

    /// Notes the name of an event that is no output.
    fn note(&mut self, event: &Event<'_>) {
        let name = event.name;
        let name = name.char_indices().nth(LONGEST_NAME).map_or(name, |(end, _)| &name[..end]);
        let is_new = !event.data.is_empty() && !self.came.iter().any(|known| known == name);
        // One more tells that there are more.
        if self.output.is_some() && is_new && self.came.len() <= MOST_NAMES {
            self.came.push(name.to_owned());
        }
    }
}

impl fmt::Debug for Generic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Generic")
            .field("output", &self.output)
            .field("until", &self.until.is_some())
            .finish_non_exhaustive()
    }
}

impl MakeProtocol for Generic {
    fn make_protocol(&self, _path: &str) -> Box<dyn Protocol> {
        Box::new(self.clone())
    }
}

impl Protocol for Generic {
    fn name(&self) -> &'static str {
        Format::Generic.name()
    }

    fn classify(&mut self, event: &Event<'_>, emit: &mut dyn FnMut(Class<'_>)) {
        if let Some(message) = server_error::of_event(event) {
            return emit(Class::Error(message.into()));
        }
        let mut ends = self.until.as_ref().is_some_and(|is_end| is_end(event));
        if self.is_output(event, ends) {
            emit(Class::generated(Channel::Text, event.data));
            self.taken += 1;
            ends |= self.most == Some(self.taken);
        } else {
            self.note(event);
            if !ends {
                emit(Class::Ignored);
            }
        }
        if ends {
            emit(Class::Complete);
            emit(Class::EndOfStream);
        }
    }

    fn ends_with_body(&self) -> bool {
        self.until.is_none() && self.most.is_none()
    }

    fn terminal_marker(&self) -> &'static str {
        match (&self.until, self.most) {
            (Some(_), _) => "the event that the test says is the end",
            (None, Some(_)) => "as many events as the test takes",
            (None, None) => "the end of the body",
        }
    }

    fn hint(&self) -> Option<String> {
        let asked = self.output.as_ref().filter(|asked| !asked.is_empty() && !self.came.is_empty())?;
        Some(format!("no event named {} with data; came: {}", listed(asked), listed(&self.came)))
    }
}

fn listed(names: &[String]) -> String {
    let quoted = names.iter().take(MOST_NAMES).map(|name| format!("`{name}`"));
    quoted.chain((names.len() > MOST_NAMES).then(|| "..".to_owned())).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::golden::{assert_cuts, classes_of, classes_with};

    const BODY: &[u8] =
        b"event: price\ndata: 1\n\nevent: ping\ndata: x\n\nevent: price\n\nevent: closed\ndata: bye\n\n";

    fn classes(generic: &Generic) -> Vec<String> {
        classes_with(&[BODY], generic.make_protocol("/prices"))
    }

    #[test]
    fn a_stream_means_the_same_wherever_it_is_cut() {
        // Nothing in its events tells the format, so it is named.
        let body = include_bytes!("../../../tests/fixtures/streams/generic/prices.sse");
        let expected = [
            r#"Text "1.07""#,
            r#"Text "{\"price\":1.08}""#,
            "ignored",
            r#"Text "é 🙂\nsecond line""#,
            r#"Text " ""#,
            "error: the market is closed",
        ];
        assert_cuts(Format::Generic, body, &expected);
    }

    #[test]
    fn streams_of_sse_starlette_are_read_whatever_ends_their_lines() {
        let expected = [
            r#"Text "line a 0\nline b 0""#,
            r#"Text "{\"i\":1,\"text\":\"né 🙂\\nline2\"}""#,
            r#"Text "line a 2\nline b 2""#,
            r#"Text "[DONE]""#,
        ];
        for body in [
            &include_bytes!("../../../tests/fixtures/streams/generic/sse_starlette_crlf.sse")[..],
            // Its pings end in CR, its events in LF.
            include_bytes!("../../../tests/fixtures/streams/generic/sse_starlette_cr.sse"),
            include_bytes!("../../../tests/fixtures/streams/generic/sse_starlette_lf.sse"),
        ] {
            assert_cuts(Format::Generic, body, &expected);
        }
    }

    #[test]
    fn a_stream_that_never_ends_is_complete_with_as_many_events_as_are_taken() {
        let one = Generic::new().output(["price"]).take(1);
        // Nothing behind the end is asked of it.
        assert_eq!(classes(&one)[..3], [r#"Text "1""#, "complete", "end"]);
        assert_eq!(classes(&one), classes(&one), "each stream is counted anew");
        let two = Generic::new().take(2);
        assert_eq!(classes(&two)[..4], [r#"Text "1""#, r#"Text "x""#, "complete", "end"]);
        assert!(!two.ends_with_body());
        assert_eq!(two.terminal_marker(), "as many events as the test takes");
    }

    #[test]
    fn every_event_is_output_unless_it_is_empty_or_an_error() {
        let body =
            "data: one\n\ndata: {\"a\":1}\n\ndata\n\ndata:  \n\nevent: x\ndata: [DONE]\n\nevent: error\ndata: boom\n\n";
        assert_eq!(
            classes_of(body.as_bytes(), Format::Generic),
            [r#"Text "one""#, r#"Text "{\"a\":1}""#, "ignored", r#"Text " ""#, r#"Text "[DONE]""#, "error: boom"]
        );
    }

    #[test]
    fn only_events_of_the_names_given_are_output() {
        assert_eq!(classes(&Generic::new().output(["price"])), [r#"Text "1""#, "ignored", "ignored"]);
        assert_eq!(classes(&Generic::new().output([""; 0])), ["ignored"; 3]);
    }

    #[test]
    fn the_event_that_ends_the_stream_is_a_marker_unless_output_names_it() {
        let until = Generic::new().until(|event| event.name == "closed");
        assert_eq!(classes(&until), [r#"Text "1""#, r#"Text "x""#, "complete", "end"]);
        let marker = until.clone().output(["price"]);
        assert_eq!(classes(&marker), [r#"Text "1""#, "ignored", "complete", "end"]);
        let both = until.output(["price", "closed"]);
        assert_eq!(classes(&both), [r#"Text "1""#, "ignored", r#"Text "bye""#, "complete", "end"]);
    }

    #[test]
    fn with_an_end_of_its_own_the_end_of_the_body_is_none() {
        assert!(Generic::new().ends_with_body());
        let until = Generic::new().until(|_| false);
        assert!(!until.ends_with_body());
        assert_eq!(until.terminal_marker(), "the event that the test says is the end");
    }

    #[test]
    fn an_error_is_an_error_even_where_the_end_is_expected() {
        let generic = Generic::new().until(|_| true);
        let classes = classes_with(&[b"event: error\ndata: boom\n\n"], generic.make_protocol(""));
        assert_eq!(classes, ["error: boom"]);
    }
}

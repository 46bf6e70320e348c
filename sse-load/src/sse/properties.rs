//! Properties of the decoder over generated streams: where the reads cut changes nothing, and an independent decoder
//! reads the same.

use eventsource_stream::Eventsource;
use futures_util::StreamExt;
use proptest::prelude::*;
use proptest::sample::Index;

use super::{DecodeError, Decoder, Limits};

#[derive(Debug, PartialEq, Eq)]
struct Owned {
    name: String,
    data: String,
    id: String,
}

/// All that can be seen of a decoder after a body.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    events: Vec<Owned>,
    error: Option<DecodeError>,
    comments: u64,
    invalid_utf8: u64,
    retry: Option<std::time::Duration>,
    pending_bytes: usize,
}

fn decode<'a>(reads: impl IntoIterator<Item = &'a [u8]>, limit: usize, unterminated: bool) -> Outcome {
    let limits = Limits::default().with_max_event_bytes(limit);
    let mut decoder = Decoder::new(limits).yield_unterminated(unterminated);
    let mut events = Vec::new();
    let mut error = None;
    for read in reads {
        decoder.push(read);
        take(&mut events, &mut error, || to_owned(decoder.next_event()));
    }
    take(&mut events, &mut error, || to_owned(decoder.finish()));
    Outcome {
        events,
        error,
        comments: decoder.comments(),
        invalid_utf8: decoder.invalid_utf8(),
        retry: decoder.retry(),
        pending_bytes: decoder.pending_bytes(),
    }
}

fn take(
    events: &mut Vec<Owned>,
    error: &mut Option<DecodeError>,
    mut next: impl FnMut() -> Result<Option<Owned>, DecodeError>,
) {
    loop {
        match next() {
            Ok(Some(event)) => events.push(event),
            Ok(None) => return,
            Err(failure) => {
                *error = Some(failure);
                return;
            }
        }
    }
}

fn to_owned(event: Result<Option<super::Event<'_>>, DecodeError>) -> Result<Option<Owned>, DecodeError> {
    Ok(event?.map(|event| Owned {
        name: event.name.to_owned(),
        data: event.data.to_owned(),
        id: event.id.unwrap_or_default().to_owned(),
    }))
}

/// The stream in reads that end at the given places.
fn cut<'a>(body: &'a [u8], places: &[Index]) -> Vec<&'a [u8]> {
    let mut ends: Vec<_> = places.iter().map(|place| place.index(body.len() + 1)).collect();
    ends.push(body.len());
    ends.sort_unstable();
    let mut start = 0;
    ends.into_iter().map(|end| &body[std::mem::replace(&mut start, end)..end]).collect()
}

/// Pieces that matter to the format, far more often than chance would give them.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let bytes = |list: &'static [&'static [u8]]| proptest::sample::select(list).prop_map(<[u8]>::to_vec);
    prop_oneof![
        6 => bytes(&[b"\n", b"\r", b"\r\n", b"\n\n", b"\r\r", b"\r\n\r\n", b"\n\r"]),
        6 => bytes(&[b"data:", b"data: ", b"data", b"event: ", b"id: ", b"id", b"retry: ", b":", b" ", b"\0"]),
        2 => bytes(&[b"\xEF\xBB\xBF", b"\xEF", b"\xBB", b"\xBF"]),
        2 => bytes(&[b"\xC3\xA9", b"\xE2\x82\xAC", b"\xF0\x9F\x98\x80"]),
        1 => bytes(&[b"\xFF", b"\xF0\x9F", b"\xC0\xAF", b"\xE2\x82"]),
        2 => "[a-z0-9]{1,8}".prop_map(String::into_bytes),
        1 => proptest::collection::vec(any::<u8>(), 0..6),
    ]
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    let pieces = proptest::collection::vec(piece(), 0..40).prop_map(|pieces| pieces.concat());
    (any::<bool>(), pieces).prop_map(|(bom, pieces)| {
        let mut body = if bom { b"\xEF\xBB\xBF".to_vec() } else { Vec::new() };
        body.extend(pieces);
        body
    })
}

/// A stream on which `eventsource-stream` 0.2.3 and the standard agree. Left out, since it departs from the standard:
///
/// - a byte order mark anywhere, since it panics on one that begins a read's text at the start of the stream;
/// - invalid UTF-8, on which it stops instead of replacing it;
/// - a CR as the very last byte, which it holds back until another byte comes: every body here ends with a LF.
///
/// It also takes `retry: +5` as a number; `retry` is not compared.
fn agreed_body() -> impl Strategy<Value = String> {
    let text = |list: &'static [&'static str]| proptest::sample::select(list).prop_map(str::to_owned);
    let piece = prop_oneof![
        6 => text(&["\n", "\r", "\r\n", "\n\n", "\r\r", "\r\n\r\n", "\n\r"]),
        6 => text(&["data:", "data: ", "data", "event: ", "event", "id: ", "id", "retry: 5", ":", " ", "\0"]),
        2 => text(&["é", "\u{20AC}", "\u{1F600}"]),
        2 => "[a-z0-9]{1,8}",
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat() + "\n")
}

/// What `eventsource-stream` makes of the same reads. Its source is always ready, so it is polled to its end at once.
fn oracle(reads: &[&[u8]]) -> Vec<Owned> {
    let reads = reads.iter().map(|read| Ok::<_, std::convert::Infallible>(*read));
    let events = futures_util::stream::iter(reads).eventsource().map(|event| {
        let event = event.expect("the body is valid UTF-8");
        Owned { name: event.event, data: event.data, id: event.id }
    });
    futures_util::FutureExt::now_or_never(events.collect()).expect("its source never waits")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn where_the_reads_cut_changes_nothing(
        body in body(),
        places in proptest::collection::vec(any::<Index>(), 0..12),
        unterminated in any::<bool>(),
    ) {
        let whole = decode([&body[..]], usize::MAX, unterminated);
        prop_assert_eq!(&decode(cut(&body, &places), usize::MAX, unterminated), &whole);
        prop_assert_eq!(&decode(body.chunks(1), usize::MAX, unterminated), &whole);
    }

    #[test]
    fn where_the_reads_cut_moves_no_limit(
        body in body(),
        places in proptest::collection::vec(any::<Index>(), 0..12),
        limit in 0_usize..40,
    ) {
        let whole = decode([&body[..]], limit, false);
        let parts = decode(cut(&body, &places), limit, false);
        prop_assert_eq!((&parts.events, &parts.error), (&whole.events, &whole.error));
    }

    #[test]
    fn an_independent_decoder_reads_the_same(
        body in agreed_body(),
        places in proptest::collection::vec(any::<Index>(), 0..12),
    ) {
        let reads = cut(body.as_bytes(), &places);
        let ours = decode(reads.iter().copied(), usize::MAX, false).events;
        prop_assert_eq!(ours, oracle(&reads));
    }
}

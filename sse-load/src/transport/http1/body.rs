//! Where a body ends, and its bytes without HTTP's framing (RFC 9112, sections 6.3 and 7.1).

use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::response::Parts;
use http::{Method, StatusCode, Version};
use memchr::memchr;

use super::error::Http1Error;

/// A line of a chunk's size or of a trailer is no longer.
const LONGEST_LINE: usize = 4 * 1_024;

/// All trailers together are no longer.
const LONGEST_TRAILERS: usize = 64 * 1_024;

/// What of a body is still to come.
#[derive(Debug)]
pub(super) enum Body {
    /// So many bytes.
    Length(u64),
    /// Chunks.
    Chunked(Chunks),
    /// Whatever comes until the connection is closed.
    UntilClose,
}

/// How far a chunked body is.
#[derive(Debug)]
pub(super) struct Chunks {
    next: Next,
    /// The begin of a line whose end has not come yet.
    line: Vec<u8>,
    trailers: usize,
}

#[derive(Clone, Copy, Debug)]
enum Next {
    Size,
    Data(u64),
    /// The end of the line behind the data.
    DataEnd,
    Trailer,
    Nothing,
}

impl Body {
    /// The body of a response with this head, to a request by this method.
    pub(super) fn of(method: &Method, head: &Parts) -> Result<Self, Http1Error> {
        let Parts { status, version, headers, .. } = head;
        if *method == Method::HEAD || [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED].contains(status) {
            return Ok(Self::Length(0));
        }
        if let Some(coding) = headers.get_all(TRANSFER_ENCODING).iter().next_back() {
            if *version == Version::HTTP_10 {
                return Err(Http1Error::Length("a transfer-encoding over HTTP/1.0, which has none"));
            }
            let last = coding.as_bytes().rsplit(|byte| *byte == b',').next().unwrap_or_default();
            let is_chunked = last.trim_ascii().eq_ignore_ascii_case(b"chunked");
            return Ok(if is_chunked { Self::Chunked(Chunks::new()) } else { Self::UntilClose });
        }
        let mut length = None;
        for value in
            headers.get_all(CONTENT_LENGTH).iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        {
            let this =
                number(value.trim_ascii(), 10).ok_or(Http1Error::Length("a content-length that is no number"))?;
            if length.is_some_and(|length| length != this) {
                return Err(Http1Error::Length("several that differ by content-length"));
            }
            length = Some(this);
        }
        Ok(length.map_or(Self::UntilClose, Self::Length))
    }

    /// Whether nothing more is to come.
    pub(super) fn is_over(&self) -> bool {
        matches!(self, Self::Length(0) | Self::Chunked(Chunks { next: Next::Nothing, .. }))
    }

    /// Whether the connection's end is the body's.
    pub(super) fn ends_with_connection(&self) -> bool {
        matches!(self, Self::UntilClose)
    }

    /// Adds to `data` what `bytes` hold of the body; gives how many bytes they hold of its message.
    pub(super) fn take(&mut self, bytes: &[u8], data: &mut Vec<u8>) -> Result<usize, Http1Error> {
        match self {
            Self::Length(left) => {
                let taken = at_most(bytes, *left);
                data.extend_from_slice(&bytes[..taken]);
                *left -= taken as u64;
                Ok(taken)
            }
            Self::Chunked(chunks) => chunks.take(bytes, data),
            Self::UntilClose => {
                data.extend_from_slice(bytes);
                Ok(bytes.len())
            }
        }
    }
}

impl Chunks {
    fn new() -> Self {
        Self { next: Next::Size, line: Vec::new(), trailers: 0 }
    }

    fn take(&mut self, bytes: &[u8], data: &mut Vec<u8>) -> Result<usize, Http1Error> {
        let mut rest = bytes;
        while !rest.is_empty() {
            match self.next {
                Next::Nothing => break,
                Next::Data(left) => {
                    let taken = at_most(rest, left);
                    data.extend_from_slice(&rest[..taken]);
                    rest = &rest[taken..];
                    let left = left - taken as u64;
                    self.next = if left == 0 { Next::DataEnd } else { Next::Data(left) };
                }
                Next::Size | Next::DataEnd | Next::Trailer => {
                    let end = memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
                    let (part, behind) = rest.split_at(end);
                    if self.line.len() + part.len() > LONGEST_LINE {
                        return Err(Http1Error::Chunk("a line of more than 4 KiB"));
                    }
                    rest = behind;
                    if self.line.is_empty() && part.ends_with(b"\n") {
                        self.next = self.after(part)?;
                    } else {
                        self.line.extend_from_slice(part);
                        if part.ends_with(b"\n") {
                            let line = std::mem::take(&mut self.line);
                            self.next = self.after(&line)?;
                        }
                    }
                }
            }
        }
        Ok(bytes.len() - rest.len())
    }

    /// What comes after a line.
    fn after(&mut self, line: &[u8]) -> Result<Next, Http1Error> {
        let line = line.strip_suffix(b"\r\n").ok_or(Http1Error::Chunk("a line that does not end in CR LF"))?;
        match self.next {
            Next::Size => {
                let size = line.split(|byte| *byte == b';').next().unwrap_or_default();
                let size = number(size.trim_ascii_end(), 16)
                    .ok_or(Http1Error::Chunk("a size that is no hexadecimal number"))?;
                Ok(if size == 0 { Next::Trailer } else { Next::Data(size) })
            }
            Next::DataEnd if line.is_empty() => Ok(Next::Size),
            Next::DataEnd => Err(Http1Error::Chunk("more than its size says")),
            Next::Trailer if line.is_empty() => Ok(Next::Nothing),
            next => {
                self.trailers += line.len();
                if self.trailers > LONGEST_TRAILERS {
                    return Err(Http1Error::Chunk("trailers of more than 64 KiB"));
                }
                Ok(next)
            }
        }
    }
}

fn at_most(bytes: &[u8], most: u64) -> usize {
    usize::try_from(most).unwrap_or(usize::MAX).min(bytes.len())
}

/// A number without a sign.
fn number(digits: &[u8], radix: u32) -> Option<u64> {
    let digits = std::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
    u64::from_str_radix(digits, radix).ok()
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, Response};

    use super::*;

    fn of(status: u16, headers: &[(&'static str, &'static str)]) -> Result<Body, Http1Error> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_static(value));
        }
        Body::of(&Method::GET, &head(status, map))
    }

    fn head(status: u16, headers: HeaderMap) -> Parts {
        let (mut head, ()) = Response::new(()).into_parts();
        (head.status, head.headers) = (StatusCode::from_u16(status).expect("a status"), headers);
        head
    }

    /// The data of a chunked body that comes in these parts, whether it ended, and the bytes behind its end.
    fn chunked(parts: &[&[u8]]) -> Result<(String, bool, usize), Http1Error> {
        let (mut body, mut data, mut behind) = (Body::Chunked(Chunks::new()), Vec::new(), 0);
        for part in parts {
            behind += part.len() - body.take(part, &mut data)?;
        }
        Ok((String::from_utf8(data).expect("text"), body.is_over(), behind))
    }

    #[test]
    fn the_end_is_told_by_the_first_rule_that_applies() {
        let chunks = [("transfer-encoding", "gzip, Chunked"), ("content-length", "7")];
        assert!(matches!(of(200, &chunks), Ok(Body::Chunked(_))));
        assert!(matches!(of(200, &[("transfer-encoding", "chunked, gzip")]), Ok(Body::UntilClose)));
        assert!(matches!(of(200, &[("content-length", "7")]), Ok(Body::Length(7))));
        assert!(matches!(of(200, &[("content-length", "7, 7"), ("content-length", "7")]), Ok(Body::Length(7))));
        assert!(matches!(of(200, &[]), Ok(Body::UntilClose)));
        for status in [204, 304] {
            assert!(of(status, &chunks).is_ok_and(|body| body.is_over()), "{status}");
        }
        assert!(Body::of(&Method::HEAD, &head(200, HeaderMap::new())).is_ok_and(|body| body.is_over()));
        let mut old = head(200, HeaderMap::new());
        old.version = Version::HTTP_10;
        old.headers.insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
        assert!(matches!(Body::of(&Method::GET, &old), Err(Http1Error::Length(_))));
        for wrong in ["", "x", "-1", "+1", "1 2", "7, 8", "99999999999999999999"] {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_LENGTH, HeaderValue::from_str(wrong).expect("a value"));
            let body = Body::of(&Method::GET, &head(200, headers));
            assert!(matches!(body, Err(Http1Error::Length(_))), "{wrong}: {body:?}");
        }
    }

    #[test]
    fn chunks_are_the_same_however_they_are_cut() {
        let whole = b"5;a=\"b\"\r\nhello\r\n00A \r\n, world!\r\n\r\n0\r\nx: y\r\n\r\nGET";
        let expected = ("hello, world!\r\n".to_owned(), true, 3);
        for cut in 0..=whole.len() {
            let (one, other) = whole.split_at(cut);
            assert_eq!(chunked(&[one, other]).expect("it is whole"), expected, "{cut}");
        }
        assert_eq!(chunked(&whole.chunks(1).collect::<Vec<_>>()).expect("it is whole"), expected);
    }

    #[test]
    fn what_is_no_chunk_is_refused() {
        for wrong in [
            "x\r\n",
            "\r\n",
            "+1\r\na\r\n",
            "1\na\r\n",
            "1\r\nab\r\n",
            "1\r\na\n",
            "fffffffffffffffff\r\n",
            " 1\r\na\r\n",
        ] {
            let taken = chunked(&[wrong.as_bytes()]);
            assert!(matches!(taken, Err(Http1Error::Chunk(_))), "{wrong:?}: {taken:?}");
        }
    }

    #[test]
    fn lines_and_trailers_have_bounds() {
        let long = [b'a'; LONGEST_LINE + 1];
        assert!(matches!(chunked(&[b"1;", &long]), Err(Http1Error::Chunk(_))));
        let trailer = [&[b't'; 1_000][..], b"\r\n"].concat();
        let mut parts: Vec<&[u8]> = vec![b"0\r\n"];
        parts.extend(std::iter::repeat_n(&trailer[..], LONGEST_TRAILERS / 1_000 + 1));
        assert!(matches!(chunked(&parts), Err(Http1Error::Chunk(_))));
    }
}

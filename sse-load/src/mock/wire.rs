//! From events to the chunks of an HTTP body: compression and cuts.

use std::collections::VecDeque;
use std::io::Write as _;
use std::mem::take;

use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::body::Bytes;

/// Takes events and gives out chunks.
#[derive(Debug)]
pub(super) struct Wire {
    gzip: Option<GzEncoder<Vec<u8>>>,
    /// The most bytes of a chunk.
    limit: Option<usize>,
    chunks: VecDeque<Bytes>,
    ended: bool,
}

impl Wire {
    pub(super) fn new(gzip: bool, limit: Option<usize>) -> Self {
        let gzip = gzip.then(|| GzEncoder::new(Vec::new(), Compression::default()));
        Self { gzip, limit, chunks: VecDeque::new(), ended: false }
    }

    /// Writes an event: whatever stands in the way, the client can read it whole.
    pub(super) fn write(&mut self, event: Vec<u8>) {
        let bytes = match &mut self.gzip {
            None => event,
            Some(gzip) => {
                // Writing to memory does not fail.
                let _ = gzip.write_all(&event).and_then(|()| gzip.flush());
                take(gzip.get_mut())
            }
        };
        self.cut(bytes);
    }

    /// Writes what a compressed body ends with, once.
    pub(super) fn end(&mut self) {
        if let Some(gzip) = &mut self.gzip
            && !self.ended
        {
            let _ = gzip.try_finish();
            let rest = take(gzip.get_mut());
            self.cut(rest);
        }
        self.ended = true;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    pub(super) fn take(&mut self) -> Option<Bytes> {
        self.chunks.pop_front()
    }

    fn cut(&mut self, bytes: Vec<u8>) {
        let mut rest = Bytes::from(bytes);
        while !rest.is_empty() {
            let size = self.limit.map_or(rest.len(), |limit| limit.min(rest.len()));
            self.chunks.push_back(rest.split_to(size));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::GzDecoder;
    use std::io::Read as _;

    fn all(wire: &mut Wire) -> Vec<Bytes> {
        std::iter::from_fn(|| wire.take()).collect()
    }

    #[test]
    fn each_event_is_cut_by_itself() {
        let mut wire = Wire::new(false, Some(2));
        wire.write(b"abc".to_vec());
        wire.write(b"d".to_vec());
        wire.end();
        assert_eq!(all(&mut wire), ["ab", "c", "d"]);
    }

    #[test]
    fn each_compressed_event_can_be_read_before_the_next() {
        let mut wire = Wire::new(true, None);
        wire.write(b"first".to_vec());
        let mut bytes = all(&mut wire).concat();
        let mut read = [0; 5];
        GzDecoder::new(bytes.as_slice()).read_exact(&mut read).expect("the event");
        assert_eq!(&read, b"first");
        wire.write(b", second".to_vec());
        wire.end();
        wire.end();
        bytes.extend(all(&mut wire).concat());
        let mut whole = String::new();
        GzDecoder::new(bytes.as_slice()).read_to_string(&mut whole).expect("a whole body");
        assert_eq!(whole, "first, second");
    }
}

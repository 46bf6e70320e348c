//! Bytes to lines, whatever ends them and wherever the reads cut them.

use std::ops::Range;

use memchr::memchr2;

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// The bytes that came, and how far they were taken apart into lines.
///
/// A line is handed out as a range of [`bytes`](Self::bytes). Ranges hold until the next [`push`](Self::push).
#[derive(Debug, Default)]
pub(super) struct Lines {
    buffer: Vec<u8>,
    /// Where the line in progress begins; everything before was handed out.
    start: usize,
    /// No line end stands between `start` and here, so that a long line is searched once, not once per read.
    scanned: usize,
    /// The last line ended with CR. It was handed out at once; a LF that follows belongs to it.
    after_cr: bool,
    /// The first bytes have been told apart from a byte order mark.
    past_bom: bool,
    #[cfg(test)]
    pub(super) searched_bytes: usize,
}

impl Lines {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        // The rest is moved only when it is no larger than what was handed out since, which keeps the sum linear.
        if self.start >= self.buffer.len() - self.start {
            self.buffer.drain(..self.start);
            self.scanned -= self.start;
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.buffer
    }

    /// The next line that has ended, without its end.
    pub(super) fn next_line(&mut self) -> Option<Range<usize>> {
        if !self.past_bom && !self.skip_bom() {
            return None;
        }
        self.skip_lf_of_crlf();
        let found = memchr2(b'\n', b'\r', &self.buffer[self.scanned..]);
        #[cfg(test)]
        {
            self.searched_bytes += found.map_or(self.buffer.len() - self.scanned, |at| at + 1);
        }
        let Some(at) = found else {
            self.scanned = self.buffer.len();
            return None;
        };
        let end = self.scanned + at;
        self.after_cr = self.buffer[end] == b'\r';
        let line = self.start..end;
        self.start_at(end + 1);
        Some(line)
    }

    /// Nothing more comes: bytes that could have become a byte order mark are none.
    pub(super) fn end(&mut self) {
        self.past_bom |= self.buffer.len() < BOM.len();
    }

    /// The line in progress, taken as if it had ended: the last one of a body. `None` if it is empty.
    pub(super) fn take_unfinished(&mut self) -> Option<Range<usize>> {
        self.skip_lf_of_crlf();
        let line = self.start..self.buffer.len();
        self.start_at(line.end);
        (!line.is_empty()).then_some(line)
    }

    /// What has come of the line in progress; nothing as long as it may still be a byte order mark.
    pub(super) fn unfinished(&self) -> &[u8] {
        let rest = &self.buffer[self.start..];
        match rest {
            _ if !self.past_bom && BOM.starts_with(rest) => &[],
            [b'\n', rest @ ..] if self.after_cr => rest,
            _ => rest,
        }
    }

    /// Steps over a byte order mark. False as long as the bytes may still become one.
    fn skip_bom(&mut self) -> bool {
        if self.buffer.starts_with(BOM) {
            self.start_at(BOM.len());
        } else if BOM.starts_with(&self.buffer) {
            return false;
        }
        self.past_bom = true;
        true
    }

    fn skip_lf_of_crlf(&mut self) {
        if self.after_cr && self.start < self.buffer.len() {
            self.after_cr = false;
            if self.buffer[self.start] == b'\n' {
                self.start_at(self.start + 1);
            }
        }
    }

    fn start_at(&mut self, at: usize) {
        self.start = at;
        self.scanned = self.scanned.max(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(reads: &[&str]) -> Vec<String> {
        let mut lines = Lines::default();
        let mut found = Vec::new();
        for read in reads {
            lines.push(read.as_bytes());
            while let Some(line) = lines.next_line() {
                found.push(String::from_utf8(lines.bytes()[line].to_vec()).unwrap());
            }
        }
        found
    }

    #[test]
    fn lf_crlf_and_cr_all_end_a_line() {
        assert_eq!(lines(&["a\nb\r\nc\rd\n\r\n\r\re\n"]), ["a", "b", "c", "d", "", "", "", "e"]);
    }

    #[test]
    fn a_cr_ends_the_line_at_once_and_swallows_the_lf_of_the_next_read() {
        assert_eq!(lines(&["a\r"]), ["a"]);
        assert_eq!(lines(&["a\r", "\nb\n"]), ["a", "b"]);
        assert_eq!(lines(&["a\r", "", "\n", "\n"]), ["a", ""]);
    }

    #[test]
    fn one_byte_order_mark_is_skipped_at_the_start_only() {
        assert_eq!(lines(&["\u{FEFF}a\n\u{FEFF}b\n"]), ["a", "\u{FEFF}b"]);
        assert_eq!(lines(&["\u{FEFF}\u{FEFF}a\n"]), ["\u{FEFF}a"]);
    }

    #[test]
    fn a_byte_order_mark_in_progress_is_no_line() {
        let mut lines = Lines::default();
        lines.push(b"\xEF\xBB");
        assert_eq!(lines.next_line(), None);
        assert_eq!(lines.unfinished(), b"");
        lines.push(b"x");
        assert_eq!(lines.next_line(), None);
        assert_eq!(lines.unfinished(), b"\xEF\xBBx");
    }

    #[test]
    fn at_the_end_a_byte_order_mark_in_progress_is_a_line_in_progress() {
        let mut lines = Lines::default();
        lines.push(b"\xEF\xBB");
        lines.end();
        assert_eq!(lines.next_line(), None);
        assert_eq!(lines.unfinished(), b"\xEF\xBB");

        let mut whole = Lines::default();
        whole.push(b"\xEF\xBB\xBF");
        whole.end();
        assert_eq!(whole.next_line(), None);
        assert_eq!(whole.unfinished(), b"");
    }

    #[test]
    fn a_long_line_is_searched_once() {
        let mut lines = Lines::default();
        let reads = 5_000;
        for _ in 0..reads {
            lines.push(&[b'x'; 100]);
            assert_eq!(lines.next_line(), None);
        }
        lines.push(b"\n");
        assert_eq!(lines.next_line(), Some(0..reads * 100));
        assert_eq!(lines.searched_bytes, reads * 100 + 1);
    }

    #[test]
    fn bytes_that_were_handed_out_are_not_kept() {
        let mut lines = Lines::default();
        for _ in 0..10_000 {
            lines.push(b"data: one\n\ndata: tw");
            while lines.next_line().is_some() {}
            lines.push(b"o\n\n");
            while lines.next_line().is_some() {}
        }
        assert!(lines.buffer.capacity() < 256, "{} bytes", lines.buffer.capacity());
    }
}

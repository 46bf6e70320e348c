//! A client that knows nothing but sockets and chunks, so that it shares no code with the server.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use sse_load::mock::MockServer;

/// One connection.
pub(super) struct Client(BufReader<TcpStream>);

/// The head of an answer.
pub(super) struct Head {
    pub(super) status: u16,
    lines: Vec<String>,
}

impl Head {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.lines.iter().find_map(|line| {
            let (known, value) = line.split_once(": ")?;
            known.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

impl Client {
    pub(super) fn connect(server: &MockServer) -> Self {
        Self(BufReader::new(TcpStream::connect(server.addr()).expect("a listening server")))
    }

    pub(super) fn send(&mut self, method: &str, target: &str, body: &str) {
        let length = body.len();
        // In one write: small ones would wait for each other's acknowledgement.
        let request = format!(
            "{method} {target} HTTP/1.1\r\nHost: mock\r\nX-Test: yes\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        self.0.get_mut().write_all(request.as_bytes()).expect("an open connection");
    }

    pub(super) fn head(&mut self) -> Head {
        let status_line = self.line().expect("a status line");
        let status = status_line.split(' ').nth(1).and_then(|code| code.parse().ok());
        let mut lines = Vec::new();
        loop {
            match self.line().expect("a header").as_str() {
                "" => break,
                line => lines.push(line.to_owned()),
            }
        }
        Head { status: status.expect("a status"), lines }
    }

    /// The next chunk of a chunked body; `None` is its proper end.
    pub(super) fn chunk(&mut self) -> io::Result<Option<String>> {
        Ok(self.chunk_of_bytes()?.map(|chunk| String::from_utf8(chunk).expect("UTF-8")))
    }

    pub(super) fn chunk_of_bytes(&mut self) -> io::Result<Option<Vec<u8>>> {
        let size = usize::from_str_radix(&self.line()?, 16).map_err(io::Error::other)?;
        let mut chunk = vec![0; size + 2];
        self.0.read_exact(&mut chunk)?;
        chunk.truncate(size);
        Ok((size > 0).then_some(chunk))
    }

    /// Asks for a stream; its body is still to be read.
    pub(super) fn ask(&mut self, path: &str) -> Head {
        self.send("POST", path, "");
        let head = self.head();
        assert_eq!(head.status, 200, "{path}");
        head
    }

    /// The whole body of a stream, which must end properly.
    pub(super) fn whole_body(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        while let Some(chunk) = self.chunk_of_bytes().expect("a proper end") {
            body.extend(chunk);
        }
        body
    }

    /// All chunks to the end, and whether that end was proper.
    pub(super) fn chunks(&mut self) -> (Vec<String>, io::Result<()>) {
        let mut chunks = Vec::new();
        loop {
            match self.chunk() {
                Ok(Some(chunk)) => chunks.push(chunk),
                Ok(None) => return (chunks, Ok(())),
                Err(error) => return (chunks, Err(error)),
            }
        }
    }

    /// The body of an answer that says its length.
    pub(super) fn sized_body(&mut self, head: &Head) -> String {
        let length = head.header("content-length").expect("a length").parse().expect("a number");
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).expect("a whole body");
        String::from_utf8(body).expect("UTF-8")
    }

    /// A whole stream, which must end properly.
    pub(super) fn stream(&mut self, body: &str) -> Vec<String> {
        self.send("POST", "/v1/chat/completions", body);
        assert_eq!(self.head().status, 200);
        let (chunks, end) = self.chunks();
        end.expect("a proper end");
        chunks
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.0.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end().to_owned())
    }
}

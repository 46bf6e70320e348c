//! A server that answers with given bytes and then closes the connection: for answers that the mock server never gives.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// It runs until the process ends.
pub(crate) struct RawServer {
    url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl RawServer {
    /// A server that answers a request for a path with the bytes that `answer` gives, which may be none.
    /// It reads no bodies, so requests must have none.
    pub(crate) fn start(answer: fn(path: &str) -> &'static str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let seen = Arc::clone(&requests);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let seen = Arc::clone(&seen);
                // A client that leaves early is no concern of the server.
                thread::spawn(move || drop(serve(&stream, answer, &seen)));
            }
        });
        Self { url, requests }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// How many requests for this path came.
    pub(crate) fn count(&self, path: &str) -> u64 {
        let requests = self.requests.lock().expect("no panic while it was locked");
        requests.iter().filter(|seen| *seen == path).count() as u64
    }
}

fn serve(mut stream: &TcpStream, answer: fn(&str) -> &'static str, seen: &Mutex<Vec<String>>) -> io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let request_line = lines.next().transpose()?.unwrap_or_default();
    while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    let Some(path) = request_line.split(' ').nth(1) else { return Ok(()) };
    seen.lock().expect("no panic while it was locked").push(path.to_owned());
    stream.write_all(answer(path).as_bytes())
}

//! A server that answers with given bytes and then closes the connection: for answers that the mock server never gives.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// It runs until the process ends.
pub(crate) struct RawServer {
    url: String,
    requests: Arc<Mutex<Vec<Seen>>>,
}

/// A request that came, with the lines of its head.
struct Seen {
    path: String,
    head: Vec<String>,
}

impl RawServer {
    /// A server that answers a request for a path with the bytes that `answer` gives, which may be none.
    /// It reads no bodies, so requests must have none.
    pub(crate) fn start(answer: fn(path: &str) -> &'static str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let requests = Arc::<Mutex<Vec<Seen>>>::default();
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
        requests.iter().filter(|seen| seen.path == path).count() as u64
    }

    /// What each request for this path had in a header, in the order in which they came; empty if it was not there. The name in
    /// small letters.
    pub(crate) fn headers(&self, path: &str, name: &str) -> Vec<String> {
        let requests = self.requests.lock().expect("no panic while it was locked");
        let value = |line: &String| line.strip_prefix(name)?.strip_prefix(": ").map(ToOwned::to_owned);
        let seen = requests.iter().filter(|seen| seen.path == path);
        seen.map(|seen| seen.head.iter().find_map(value).unwrap_or_default()).collect()
    }
}

fn serve(mut stream: &TcpStream, answer: fn(&str) -> &'static str, seen: &Mutex<Vec<Seen>>) -> io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let request_line = lines.next().transpose()?.unwrap_or_default();
    let head = lines.by_ref().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
    let Some(path) = request_line.split(' ').nth(1) else { return Ok(()) };
    seen.lock().expect("no panic while it was locked").push(Seen { path: path.to_owned(), head });
    stream.write_all(answer(path).as_bytes())
}

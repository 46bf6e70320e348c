//! A server that takes no time: the same bytes for every request, as fast as sockets take them.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Generated events of each reply.
pub(super) const EVENTS: usize = 100;

const EVENT: &str =
    "data: {\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word \"}}]}\n\n";
const LAST: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":100}}\n\ndata: [DONE]\n\n";

/// A client that says nothing for this long is gone.
const SILENT: Duration = Duration::from_secs(2);

/// One thread a connection, until this is dropped and its clients are gone.
pub(super) struct NullServer {
    address: SocketAddr,
    ends: Arc<AtomicBool>,
}

impl NullServer {
    pub(super) fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let ends = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&ends);
        std::thread::Builder::new().name("sse-load-null".to_owned()).spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if told.load(Ordering::Relaxed) {
                    return;
                }
                // A connection that breaks, or gets no thread, is the client's to notice.
                let _ = std::thread::Builder::new().name("sse-load-null".to_owned()).spawn(move || serve(stream));
            }
        })?;
        Ok(Self { address, ends })
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for NullServer {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        // Wakes the thread that accepts.
        let _ = TcpStream::connect_timeout(&self.address, SILENT);
    }
}

/// Answers the requests of one connection, which have no body; each event is a write of its own.
fn serve(mut stream: TcpStream) -> io::Result<()> {
    let length = EVENT.len() * EVENTS + LAST.len();
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {length}\r\n\r\n");
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(SILENT))?;
    stream.set_write_timeout(Some(SILENT))?;
    let mut request = Vec::new();
    let mut bytes = [0; 4096];
    loop {
        while !request.ends_with(b"\r\n\r\n") {
            match stream.read(&mut bytes)? {
                0 => return Ok(()),
                length => request.extend_from_slice(&bytes[..length]),
            }
        }
        request.clear();
        stream.write_all(format!("{head}{EVENT}").as_bytes())?;
        for _ in 1..EVENTS {
            stream.write_all(EVENT.as_bytes())?;
        }
        stream.write_all(LAST.as_bytes())?;
    }
}

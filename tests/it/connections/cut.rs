//! Connections that are cut when the second request goes out on them.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};

use sse_load::mock::MockServer;
use sse_load::prelude::*;
use sse_load::sample::FailureClass;

use super::{Authority, ask};

/// Passes on what goes to and from a server, and gives the URL. A connection on which comes what `cuts` says ends there, as that of a
/// server that died.
fn relay(server: &MockServer, cuts: fn(&[u8]) -> bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = |url: &str| url.rsplit_once(':').expect("a port").1.to_owned();
    let (url, server) = (server.url(), port(&server.url()));
    let own = listener.local_addr().expect("it is bound").port().to_string();
    let to = format!("127.0.0.1:{server}");
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let Ok(server) = TcpStream::connect(&to) else { return };
            let (Ok(back), Ok(forth)) = (client.try_clone(), server.try_clone()) else { return };
            std::thread::spawn(move || drop(pass(&server, &back, |_| false)));
            std::thread::spawn(move || drop(pass(&client, &forth, cuts)));
        }
    });
    url.replace(&server, &own)
}

fn pass(mut from: &TcpStream, mut to: &TcpStream, cuts: fn(&[u8]) -> bool) -> io::Result<()> {
    let mut buffer = [0; 16 * 1024];
    loop {
        let read = from.read(&mut buffer)?;
        if read == 0 || cuts(&buffer[..read]) {
            drop(to.shutdown(Shutdown::Both));
            return from.shutdown(Shutdown::Both);
        }
        to.write_all(&buffer[..read])?;
    }
}

#[test]
fn a_request_on_a_kept_tls_connection_that_ends_without_a_farewell_goes_out_again() {
    static CUT: AtomicBool = AtomicBool::new(false);

    #[sse_user(wait_time = secs(60))]
    impl Twice {
        #[task]
        async fn ask(ctx: &mut Context) -> TaskResult {
            ask(ctx).await?;
            CUT.store(true, Ordering::SeqCst);
            ask(ctx).await
        }
    }

    let authority = Authority::new();
    let server = authority.server().start();
    let host = relay(&server, |_| CUT.swap(false, Ordering::SeqCst));
    let connections = Connections::default().ca_certificate_pem(authority.pem());
    let report = Twice::load_test("cut_tls").host(host).run_time(secs(1)).connections(connections).run();
    let chat = report.request("chat");
    assert_eq!((chat.successes(), chat.failures(), chat.counts().resent), (2, 0, 1), "{report}");
    assert_eq!(server.request_count(), 2, "{report}");
}

#[test]
fn a_server_that_dies_with_a_request_over_http2_gets_it_once() {
    static CUT: AtomicBool = AtomicBool::new(false);

    #[sse_user(wait_time = secs(60))]
    impl Twice {
        #[task]
        async fn ask(ctx: &mut Context) -> TaskResult {
            ask(ctx).await?;
            CUT.store(true, Ordering::SeqCst);
            ask(ctx).await
        }
    }

    let server = MockServer::builder().tokens(2).start();
    let host = relay(&server, |bytes| has_headers(bytes) && CUT.swap(false, Ordering::SeqCst));
    let connections = Connections::default().http2_prior_knowledge();
    let report = Twice::load_test("cut_http2").host(host).run_time(secs(1)).connections(connections).run();
    let chat = report.request("chat");
    assert_eq!((chat.successes(), chat.failures(), chat.counts().resent), (1, 1, 0), "{report}");
    assert_eq!(report.failures()[0].class, FailureClass::Connect, "{report}");
    assert_eq!(server.request_count(), 1, "{report}");
}

/// Whether a request begins in these frames (RFC 9113, sections 4.1 and 6.2).
fn has_headers(mut frames: &[u8]) -> bool {
    while let [a, b, c, kind, ..] = *frames {
        if kind == 1 {
            return true;
        }
        let length = 9 + usize::from(a) * 65_536 + usize::from(b) * 256 + usize::from(c);
        frames = frames.get(length..).unwrap_or_default();
    }
    false
}

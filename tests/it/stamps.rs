//! An event has the stamp of its arrival, however late it is read.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Barrier, Mutex, PoisonError};
use std::time::Duration;

use sse_load::clock::Timestamp;
use sse_load::mock::MockServer;
use sse_load::prelude::*;
use sse_load::record::StampedBy;
use tokio::sync::Semaphore;

use crate::connections::{Authority, once};

/// A whole reply, which comes at once.
const REPLY: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 61\r\n\r\n\
                     data: {\"type\":\"append\",\"text\":\"Hi\"}\n\ndata: {\"type\":\"close\"}\n\n";

/// The thread of the users stands still for this long after the reply has come.
const LONGER: Duration = ms(50);

/// What the two clocks may be taken to be apart, and what figures are rounded by.
const ROUNDED: Duration = ms(1);

/// The server has the request.
static ASKED: Semaphore = Semaphore::const_new(0);
/// The thread of the users does nothing else from now on.
static STANDS_STILL: Barrier = Barrier::new(2);
/// The whole reply lies in the socket's buffer.
static CAME: Barrier = Barrier::new(2);

static MOMENTS: Mutex<Moments> = Mutex::new(Moments {
    begun: Timestamp::from_nanos(0),
    asked: Timestamp::from_nanos(0),
    written: Timestamp::from_nanos(0),
    came: Timestamp::from_nanos(0),
    goes_on: Timestamp::from_nanos(0),
});

/// Each before the next, whatever the machine does meanwhile.
#[derive(Clone, Copy)]
struct Moments {
    begun: Timestamp,
    asked: Timestamp,
    /// Before the server's call.
    written: Timestamp,
    came: Timestamp,
    goes_on: Timestamp,
}

fn note(set: impl FnOnce(&mut Moments, Timestamp)) {
    set(&mut MOMENTS.lock().unwrap_or_else(PoisonError::into_inner), Timestamp::now());
}

/// The first user asks; the second has the thread stand still while the answer comes.
#[sse_user(wait_time = secs(60))]
impl Pair {
    #[task]
    async fn ask_or_stand_still(ctx: &mut Context) -> TaskResult {
        if ctx.user_index() == 0 {
            note(|moments, now| moments.begun = now);
            ctx.sse_request("/").name("late").send().await?;
        } else {
            ASKED.acquire().await?.forget();
            STANDS_STILL.wait();
            CAME.wait();
            std::thread::sleep(LONGER);
            note(|moments, now| moments.goes_on = now);
        }
        Ok(())
    }
}

/// Answers one request while its client's thread stands still. Gives the connection, since the kernel adds its end to bytes that were
/// not read yet, and stamps them anew.
fn answer(listener: &TcpListener) -> io::Result<TcpStream> {
    let (stream, client) = listener.accept()?;
    let mut reader = BufReader::new(stream);
    reader.by_ref().lines().take_while(|line| line.as_ref().is_ok_and(|line| !line.is_empty())).for_each(drop);
    note(|moments, now| moments.asked = now);
    ASKED.add_permits(1);
    STANDS_STILL.wait();
    note(|moments, now| moments.written = now);
    reader.get_mut().write_all(REPLY.as_bytes())?;
    while unread(client.port())? < REPLY.len() {
        std::thread::yield_now();
    }
    note(|moments, now| moments.came = now);
    CAME.wait();
    Ok(reader.into_inner())
}

/// Bytes that lie in the buffer of the socket with this local port (proc(5), `/proc/net/tcp`).
fn unread(port: u16) -> io::Result<usize> {
    let table = std::fs::read_to_string("/proc/net/tcp")?;
    let local = format!(":{port:04X}");
    let row = table.lines().map(|row| row.split_ascii_whitespace().collect::<Vec<_>>());
    let row = row.into_iter().find(|row| row.len() > 4 && row[1].ends_with(&local));
    let queue = row.and_then(|row| usize::from_str_radix(row[4].split_once(':')?.1, 16).ok());
    queue.ok_or_else(|| io::Error::other("the client's socket is not in the table"))
}

#[test]
fn an_event_that_is_read_late_has_the_time_of_its_arrival() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let host = format!("http://{}", listener.local_addr().expect("it is bound"));
    let server = std::thread::spawn(move || answer(&listener));
    let report = Pair::load_test("late_reads").host(host).users(2).threads(1).max_tasks(2).run_time(secs(60)).run();
    let _open = server.join().expect("no panic").expect("it answers");

    let Moments { begun, asked, written, came, goes_on } = *MOMENTS.lock().unwrap_or_else(PoisonError::into_inner);
    let (ttft, buffered) = (report.request("late").ttft().max(), &report.health().buffered);
    assert_eq!(buffered.stamped_by(), Some(StampedBy::Kernel), "{report}");
    // The request began between the first two; a read could not be before the last.
    assert!(ttft + ROUNDED >= written - asked, "{ttft:?}, {report}");
    assert!(ttft <= (came - begun) + ROUNDED, "{ttft:?}, {report}");
    let lay = buffered.at(1.0).expect("the kernel stamped it");
    assert!(lay + ROUNDED >= goes_on - came && goes_on - came >= LONGER, "{lay:?}, {report}");
    assert!(report.to_string().contains("stamps: kernel, events buffered "), "{report}");
}

#[test]
fn the_kernel_stamps_what_comes_over_every_kind_of_connection() {
    let authority = Authority::new();
    let (plain, secure) = (MockServer::builder().tokens(2).start(), authority.server().start());
    let connections = || Connections::default().ca_certificate_pem(authority.pem());
    for (server, connections) in [
        (&plain, connections()),
        (&plain, connections().http2_prior_knowledge()),
        (&secure, connections()),
        (&secure, connections().http2()),
    ] {
        let report = once("stamps", &server.url(), 1, connections);
        assert_eq!(report.health().buffered.stamped_by(), Some(StampedBy::Kernel), "{report}");
    }
}

#[test]
fn the_report_says_that_reads_are_stamped_where_they_are() {
    let server = MockServer::builder().tokens(2).start();
    let report = once("proxies", &server.url(), 1, Connections::default().environment_proxies());
    let buffered = &report.health().buffered;
    assert_eq!((buffered.stamped_by(), buffered.at_the_read()), (Some(StampedBy::Read), 2), "{report}");
    assert!(report.to_string().contains("stamps: read"), "{report}");
}

//! The server: its connections, and their end.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use super::routes::Site;

/// Connections at once; what comes beyond is closed.
const SEATS: u32 = 32;

/// What waits to be sent on one connection, beside one event.
const BUFFER: usize = 64 << 10;

/// How long a client may take to ask.
const ASKING: Duration = Duration::from_secs(10);

/// How long those who look have to take the report of the whole run.
const GOODBYE: Duration = Duration::from_millis(500);

/// How long nobody is let in where the system gives no more connections.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves the site until `run` is over and those who look know it.
pub(super) async fn serve(listener: TcpListener, site: Arc<Site>, run: impl Future<Output = ()>) {
    let over = CancellationToken::new();
    let seats = Arc::new(Semaphore::new(SEATS as usize));
    tokio::select! {
        () = run => {}
        () = accept(listener, &site, &seats, &over) => {}
    }
    over.cancel();
    // Who has not taken it by then never will.
    let _ = tokio::time::timeout(GOODBYE, seats.acquire_many(SEATS)).await;
}

async fn accept(listener: TcpListener, site: &Arc<Site>, seats: &Arc<Semaphore>, over: &CancellationToken) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                if let Ok(seat) = Arc::clone(seats).try_acquire_owned() {
                    tokio::spawn(connection(stream, Arc::clone(site), over.clone(), seat));
                }
            }
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

async fn connection(stream: TcpStream, site: Arc<Site>, over: CancellationToken, _seat: OwnedSemaphorePermit) {
    // Without it an event is late, but right.
    let _ = stream.set_nodelay(true);
    let gone = CancellationToken::new();
    let service = service_fn(|request| {
        let answer = site.answer(&request, &gone);
        std::future::ready(Ok::<_, Infallible>(answer))
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(ASKING).max_buf_size(BUFFER);
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        _ = connection.as_mut() => return,
        () = gone.cancelled() => return,
        () = over.cancelled() => connection.as_mut().graceful_shutdown(),
    }
    // What it serves now is served to its end; the client may leave before.
    let _ = connection.await;
}

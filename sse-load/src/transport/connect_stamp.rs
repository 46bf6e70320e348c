//! Stamps the moment at which a connection of a request's own is there. reqwest does not tell whether a request went out on
//! a new connection or on a kept one; the connector knows.
//!
//! The HTTP client polls its connector within the future of the request that wants the connection. So the stamp goes into a
//! slot of the task: [`stamped`] sets it up around a request, and the connector fills it. A connection that the request did not
//! wait for (since another came back to the pool first) is finished on a task of its own, where there is no slot.

use std::cell::Cell;
use std::pin::Pin;
use std::task::{Context, Poll};

use tower_layer::Layer;
use tower_service::Service;

use crate::clock::Timestamp;

tokio::task_local! {
    static CONNECTED: Cell<Option<Timestamp>>;
}

/// Runs a request; gives when its own connection was there, or `None` if it opened none.
pub(super) async fn stamped<T>(request: impl Future<Output = T>) -> (T, Option<Timestamp>) {
    let with_stamp = async {
        let outcome = request.await;
        (outcome, CONNECTED.with(Cell::get))
    };
    CONNECTED.scope(Cell::new(None), with_stamp).await
}

/// Makes connectors that stamp their connections.
#[derive(Clone, Copy, Debug)]
pub(super) struct ConnectStamp;

impl<S> Layer<S> for ConnectStamp {
    type Service = StampingConnector<S>;

    fn layer(&self, inner: S) -> StampingConnector<S> {
        StampingConnector(inner)
    }
}

/// A connector that stamps its connections: name resolution, TCP and TLS are done then.
#[derive(Clone, Debug)]
pub(super) struct StampingConnector<S>(S);

impl<S: Service<T>, T> Service<T> for StampingConnector<S>
where
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, target: T) -> Self::Future {
        let connecting = self.0.call(target);
        Box::pin(async move {
            let connection = connecting.await?;
            // Without a slot nobody waits for this connection: it goes to the pool.
            let _ = CONNECTED.try_with(|slot| slot.set(Some(Timestamp::now())));
            Ok(connection)
        })
    }
}

//! Counts the connections that a client opens, so that a request can tell whether it went out on a kept one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use tower_layer::Layer;
use tower_service::Service;

/// How many connections were begun.
#[derive(Clone, Debug, Default)]
pub(super) struct Connects(Arc<AtomicU64>);

impl Connects {
    pub(super) fn count(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}

impl<S> Layer<S> for Connects {
    type Service = Counted<S>;

    fn layer(&self, inner: S) -> Counted<S> {
        Counted { inner, connects: self.clone() }
    }
}

/// A connector that counts its calls.
#[derive(Clone, Debug)]
pub(super) struct Counted<S> {
    inner: S,
    connects: Connects,
}

impl<S: Service<T>, T> Service<T> for Counted<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, target: T) -> S::Future {
        self.connects.0.fetch_add(1, Ordering::AcqRel);
        self.inner.call(target)
    }
}

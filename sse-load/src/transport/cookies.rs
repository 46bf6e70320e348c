//! The cookies of one user.

use std::sync::{Mutex, MutexGuard, PoisonError};

use cookie_store::{CookieStore, RawCookie};
use http::HeaderValue;
use url::Url;

/// The cookies of one user, by the rules of browsers (RFC 6265).
#[derive(Debug, Default)]
pub(super) struct CookieJar(Mutex<Cookies>);

#[derive(Debug, Default)]
struct Cookies {
    now: CookieStore,
    /// Those that an arrival finds.
    at_start: CookieStore,
}

impl CookieJar {
    pub(super) fn clear(&self) {
        self.lock().now.clear();
    }

    pub(super) fn note_start(&self) {
        let mut cookies = self.lock();
        cookies.at_start = cookies.now.clone();
    }

    pub(super) fn return_to_start(&self) {
        let mut cookies = self.lock();
        cookies.now = cookies.at_start.clone();
    }

    fn lock(&self) -> MutexGuard<'_, Cookies> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl reqwest::cookie::CookieStore for CookieJar {
    fn set_cookies(&self, headers: &mut dyn Iterator<Item = &HeaderValue>, url: &Url) {
        let parsed = |header: &HeaderValue| RawCookie::parse(header.to_str().ok()?.to_owned()).ok();
        // One that can't be read is left out, as browsers do.
        self.lock().now.store_response_cookies(headers.filter_map(parsed), url);
    }

    fn cookies(&self, url: &Url) -> Option<HeaderValue> {
        let cookies = self.lock();
        let pairs: Vec<_> =
            cookies.now.get_request_values(url).map(|(name, value)| format!("{name}={value}")).collect();
        if pairs.is_empty() { None } else { HeaderValue::try_from(pairs.join("; ")).ok() }
    }
}

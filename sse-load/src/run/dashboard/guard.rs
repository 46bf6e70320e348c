//! Who may see the page, and who may stop the run.

use std::net::{IpAddr, SocketAddr};

use http::header::{HOST, ORIGIN};
use http::uri::Authority;
use http::{HeaderMap, StatusCode};

use super::token::Token;

/// The header that has the token. A page of another origin can't send it: a browser would ask first, and gets no leave.
const TOKEN_HEADER: &str = "x-sse-load-token";

/// The port that an address without one means.
const HTTP: u16 = 80;

/// Who may see the page, and who may stop the run.
#[derive(Debug)]
pub(super) struct Guard {
    bound: SocketAddr,
    token: Token,
}

/// Why not, for whoever asked.
pub(super) type Refusal = (StatusCode, &'static str);

impl Guard {
    pub(super) fn new(bound: SocketAddr, token: Token) -> Self {
        Self { bound, token }
    }

    /// A name that someone else's server gave this machine's address to is that one's page asking, not its owner (DNS rebinding). What
    /// is served to other machines has names that we don't know.
    pub(super) fn admits(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        if !self.bound.ip().is_loopback() || self.is_of_this_machine(headers) {
            return Ok(());
        }
        Err((
            StatusCode::FORBIDDEN,
            "this page is served to localhost only: open the address that the run has printed\n",
        ))
    }

    /// Whether whoever asks may stop the run.
    pub(super) fn may_stop(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        if !is_of_this_page(headers) {
            return Err((StatusCode::FORBIDDEN, "the run is stopped by its own page only\n"));
        }
        if headers.get(TOKEN_HEADER).is_some_and(|token| self.token.is(token.as_bytes())) {
            return Ok(());
        }
        Err((
            StatusCode::FORBIDDEN,
            "its token is not that of this run: open the address that the run has printed, with its #token=..\n",
        ))
    }

    fn is_of_this_machine(&self, headers: &HeaderMap) -> bool {
        let Some(authority) = host(headers) else { return false };
        let name = authority.host();
        let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        let is_here = name.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback());
        is_here && authority.port_u16().unwrap_or(HTTP) == self.bound.port()
    }
}

/// The one that there must be.
fn host(headers: &HeaderMap) -> Option<Authority> {
    let mut all = headers.get_all(HOST).iter();
    let (only, None) = (all.next()?, all.next()) else { return None };
    Authority::try_from(only.as_bytes()).ok().filter(|authority| !authority.as_str().contains('@'))
}

/// Whether no other page sent it: what is no browser says no origin.
fn is_of_this_page(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(ORIGIN) else { return true };
    host(headers).is_some_and(|host| origin.as_bytes() == format!("http://{host}").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(bound: &str) -> Guard {
        Guard::new(bound.parse().expect("an address"), Token::given("0123456789abcdef"))
    }

    fn headers(all: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in all {
            headers.append(*name, value.parse().expect("a value"));
        }
        headers
    }

    #[test]
    fn what_is_served_to_this_machine_is_asked_for_by_its_names() {
        let guard = guard("127.0.0.1:8089");
        for host in ["127.0.0.1:8089", "localhost:8089", "LOCALHOST:8089", "[::1]:8089", "127.0.0.2:8089"] {
            assert_eq!(guard.admits(&headers(&[("host", host)])), Ok(()), "{host}");
        }
        for host in [
            "127.0.0.1",
            "127.0.0.1:8090",
            "evil.example:8089",
            "localhost.evil.example:8089",
            "127.0.0.1.evil.example:8089",
            "evil.example@localhost:8089",
            "localhost:8089, evil.example",
            "",
        ] {
            assert!(guard.admits(&headers(&[("host", host)])).is_err(), "{host}");
        }
        assert!(guard.admits(&headers(&[])).is_err());
        assert!(guard.admits(&headers(&[("host", "localhost:8089"), ("host", "evil.example:8089")])).is_err());
        assert_eq!(self::guard("[::1]:80").admits(&headers(&[("host", "localhost")])), Ok(()));
    }

    #[test]
    fn what_is_served_to_others_has_any_name() {
        assert_eq!(guard("0.0.0.0:8089").admits(&headers(&[("host", "loadgen-3:8089")])), Ok(()));
    }

    #[test]
    fn only_its_own_page_or_a_program_stops_a_run_and_only_by_the_token() {
        let guard = guard("127.0.0.1:8089");
        let (host, token) = (("host", "localhost:8089"), ("x-sse-load-token", "0123456789abcdef"));
        assert_eq!(guard.may_stop(&headers(&[host, token])), Ok(()));
        assert_eq!(guard.may_stop(&headers(&[host, token, ("origin", "http://localhost:8089")])), Ok(()));
        for origin in ["http://localhost:8090", "https://localhost:8089", "http://evil.example", "null"] {
            assert!(guard.may_stop(&headers(&[host, token, ("origin", origin)])).is_err(), "{origin}");
        }
        assert!(guard.may_stop(&headers(&[host])).is_err());
        assert!(guard.may_stop(&headers(&[host, ("x-sse-load-token", "0123456789abcdeX")])).is_err());
    }
}

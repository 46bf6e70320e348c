//! The host under test.

use std::fmt;

use url::Url;

/// Where requests go: scheme, address, and a path that stands before every request's path.
///
/// ```
/// use sse_load::client::Host;
///
/// let host: Host = "http://127.0.0.1:8080/api".parse().unwrap();
/// assert_eq!(host.join("/v1/chat").unwrap().as_str(), "http://127.0.0.1:8080/api/v1/chat");
///
/// let wrong: Result<Host, _> = "localhost:8080".parse();
/// assert!(wrong.unwrap_err().to_string().contains("http://localhost:8080"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Host(Url);

/// A host that can't be used. Its text leaves out user names and passwords.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// There is nothing.
    #[error("the host is empty: expected a URL such as http://127.0.0.1:8080")]
    Empty,
    /// An address without `http://` or `https://`.
    #[error("the host `{0}` has no scheme: write http://{0} or https://{0}")]
    NoScheme(String),
    /// No URL of HTTP.
    #[error("the host is no http or https URL ({0}): expected one such as http://127.0.0.1:8080")]
    NoUrl(String),
}

impl Host {
    /// The URL of `path` on this host; a path that is a whole URL is taken as it is.
    ///
    /// # Errors
    /// When the outcome is no URL.
    pub fn join(&self, path: &str) -> Result<Url, HostError> {
        let is_url = |scheme: &str| path.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
        let joined = if is_url("http://") || is_url("https://") {
            Url::parse(path)
        } else {
            Url::parse(&format!("{}/{}", self.0.as_str().trim_end_matches('/'), path.trim_start_matches('/')))
        };
        joined.map_err(|error| HostError::NoUrl(error.to_string()))
    }
}

impl std::str::FromStr for Host {
    type Err = HostError;

    fn from_str(text: &str) -> Result<Self, HostError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(HostError::Empty);
        }
        if !text.contains("://") {
            let address = text.rsplit('@').next().unwrap_or(text);
            return Err(HostError::NoScheme(address.to_owned()));
        }
        let mut url = Url::parse(text).map_err(|error| HostError::NoUrl(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(HostError::NoUrl(format!("its scheme is {}", url.scheme())));
        }
        url.set_query(None);
        url.set_fragment(None);
        Ok(Self(url))
    }
}

impl fmt::Display for Host {
    /// Without user name and password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut url = self.0.clone();
        // Both only fail for URLs that have no host, which no http URL is.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        f.write_str(url.as_str().trim_end_matches('/'))
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Host({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(text: &str) -> Host {
        text.parse().expect("a host")
    }

    #[test]
    fn slashes_between_host_and_path_don_t_pile_up() {
        for (host_text, path) in [("http://h", "/v1"), ("http://h/", "/v1"), ("http://h/", "v1"), ("http://h", "v1")] {
            assert_eq!(host(host_text).join(path).map(String::from), Ok("http://h/v1".to_owned()));
        }
    }

    #[test]
    fn a_whole_url_wins_over_the_host() {
        assert_eq!(
            host("http://h").join("https://other/x?y=1").map(String::from),
            Ok("https://other/x?y=1".to_owned())
        );
    }

    #[test]
    fn no_message_and_no_print_holds_a_password() {
        assert_eq!(host("https://me:secret@h/x/").to_string(), "https://h/x");
        assert_eq!(format!("{:?}", host("https://me:secret@h")), "Host(https://h)");
        let error = "me:secret@h".parse::<Host>().expect_err("it has no scheme").to_string();
        assert!(!error.contains("secret"), "{error}");
    }

    #[test]
    fn other_schemes_are_refused() {
        assert!("ftp://h".parse::<Host>().is_err());
        assert_eq!("  ".parse::<Host>(), Err(HostError::Empty));
    }
}

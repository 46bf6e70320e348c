//! Which script answers on which path.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use super::script::Script;

/// The scripts by path.
#[derive(Debug)]
pub(super) struct Routes {
    exact: HashMap<String, Route>,
    /// Paths with names in braces, the longest first.
    patterns: Vec<(String, Route)>,
    /// For every other path.
    default: Option<Route>,
}

/// A script and how often it was asked for.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) script: Arc<Script>,
    requests: AtomicU64,
}

impl Route {
    fn new(script: Script) -> Self {
        Self { script: Arc::new(script), requests: AtomicU64::new(0) }
    }

    /// The number of the next request, from 1.
    pub(super) fn next_request(&self) -> u64 {
        self.requests.fetch_add(1, SeqCst) + 1
    }
}

impl Routes {
    pub(super) fn new(paths: HashMap<String, Script>, default: Option<Script>) -> Self {
        let routes = paths.into_iter().map(|(path, script)| (path, Route::new(script)));
        let (mut patterns, exact): (Vec<_>, _) = routes.partition(|(path, _)| path.contains('{'));
        patterns.sort_by_cached_key(|(path, _)| (Reverse(path.len()), path.clone()));
        Self { exact: exact.into_iter().collect(), patterns, default: default.map(Route::new) }
    }

    pub(super) fn find(&self, path: &str) -> Option<&Route> {
        let pattern = || self.patterns.iter().find(|(pattern, _)| fits(pattern, path)).map(|(_, route)| route);
        self.exact.get(path).or_else(pattern).or(self.default.as_ref())
    }
}

/// Whether the path fits: `{name}` stands for one or more characters but slashes.
fn fits(pattern: &str, path: &str) -> bool {
    let Some((literal, rest)) = pattern.split_once('{') else {
        return pattern == path;
    };
    let (Some(path), Some((_, rest))) = (path.strip_prefix(literal), rest.split_once('}')) else {
        return false;
    };
    let segment = path.split('/').next().unwrap_or_default();
    let ends = segment.char_indices().map(|(at, letter)| at + letter.len_utf8());
    ends.into_iter().any(|end| fits(rest, &path[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_braces_stands_for_a_part_of_a_segment() {
        let pattern = "/v1beta/models/{model}:streamGenerateContent";
        assert!(fits(pattern, "/v1beta/models/gemini-2.5:streamGenerateContent"));
        assert!(fits(pattern, "/v1beta/models/tuned:é:streamGenerateContent"));
        assert!(!fits(pattern, "/v1beta/models/:streamGenerateContent"));
        assert!(!fits(pattern, "/v1beta/models/a/b:streamGenerateContent"));
        assert!(!fits(pattern, "/v1beta/models/a:generateContent"));
        assert!(fits("/{a}/{b}", "/x/y") && !fits("/{a}/{b}", "/x/y/z"));
        assert!(!fits("/{a", "/x"));
    }

    #[test]
    fn exact_paths_come_first_and_then_the_longest_pattern() {
        let paths = ["/{any}", "/a{any}", "/ab"].into_iter().zip(1..);
        let scripts = paths.map(|(path, tokens)| (path.to_owned(), Script::new().tokens(tokens)));
        let routes = Routes::new(scripts.collect(), Some(Script::new().tokens(4)));
        let tokens = |path| routes.find(path).expect("a route").script.tokens;
        assert_eq!(["/b", "/ac", "/ab", "/b/c"].map(tokens), [1, 2, 3, 4]);
    }
}

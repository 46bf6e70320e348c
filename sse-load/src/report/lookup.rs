//! The figures of a scope, by name.

use super::{Report, RequestReport};
use crate::sample::{Scope, tag, turn, user_class};

/// No request is in this scope; the message lists the ones that there are.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UnknownScope(String);

impl Report {
    /// The figures of one request name.
    ///
    /// # Panics
    /// When no request of that name was made; the message lists those that were.
    #[must_use]
    #[track_caller]
    pub fn request(&self, name: &str) -> &RequestReport {
        known(self.figures(&name.into()))
    }

    /// The figures of one request name, or of one of its turns (`chat turn 2`), if such a request was made.
    #[must_use]
    pub fn try_request(&self, name: &str) -> Option<&RequestReport> {
        self.figures(&name.into()).ok()
    }

    /// The figures of one user class.
    ///
    /// # Panics
    /// When no user of that class made a request; the message lists the classes whose users did.
    #[must_use]
    #[track_caller]
    pub fn user_class(&self, name: &str) -> &RequestReport {
        known(self.figures(&user_class(name)))
    }

    /// The figures of one user class, if its users made requests.
    #[must_use]
    pub fn try_user_class(&self, name: &str) -> Option<&RequestReport> {
        self.figures(&user_class(name)).ok()
    }

    /// The figures of all tasks with one label.
    ///
    /// # Panics
    /// When no task with that label made a request; the message lists the labels of those that did.
    #[must_use]
    #[track_caller]
    pub fn tag(&self, label: &str) -> &RequestReport {
        known(self.figures(&tag(label)))
    }

    /// The figures of all tasks with one label, if they made requests.
    #[must_use]
    pub fn try_tag(&self, label: &str) -> Option<&RequestReport> {
        self.figures(&tag(label)).ok()
    }

    /// The figures of one turn of conversations, from 1.
    ///
    /// # Panics
    /// When no such request was made; the message lists the turns that were.
    #[must_use]
    #[track_caller]
    pub fn turn(&self, request: &str, number: u32) -> &RequestReport {
        known(self.figures(&turn(request, number)))
    }

    /// The figures of one turn of conversations, from 1, if such a request was made.
    #[must_use]
    pub fn try_turn(&self, request: &str, number: u32) -> Option<&RequestReport> {
        self.figures(&turn(request, number)).ok()
    }

    /// The figures of a scope.
    ///
    /// # Errors
    /// When no request is in it.
    pub fn figures(&self, scope: &Scope) -> Result<&RequestReport, UnknownScope> {
        match scope {
            Scope::All => Ok(self.total()),
            Scope::Request(name) => {
                let found = self.requests.iter().chain(&self.turns).find(|request| request.name == *name);
                found.ok_or_else(|| {
                    self.unknown(&format!("no request is named `{name}`"), "names", name, &self.requests)
                })
            }
            Scope::UserClass(name) => {
                self.among(&self.user_classes, name, "no user class made requests that is named", "classes")
            }
            Scope::Tag(label) => self.among(&self.tags, label, "no task made requests that is tagged", "tags"),
            Scope::Turn(name, number) => {
                self.among(&self.turns, &format!("{name} turn {number}"), "no request is", "turns")
            }
        }
    }

    fn among<'a>(
        &self,
        reports: &'a [RequestReport],
        name: &str,
        why: &str,
        kind: &str,
    ) -> Result<&'a RequestReport, UnknownScope> {
        let found = reports.iter().find(|report| report.name == name);
        found.ok_or_else(|| self.unknown(&format!("{why} `{name}`"), kind, name, reports))
    }

    /// Why a name is refused, with the known ones.
    fn unknown(&self, why: &str, kind: &str, name: &str, known: &[RequestReport]) -> UnknownScope {
        if self.requests.is_empty() {
            return UnknownScope(format!("{why}: the load test `{}` made no request at all", self.name));
        }
        UnknownScope(with_known(why, kind, name, known.iter().map(RequestReport::name)))
    }
}

/// Why a name is refused, with the known ones and the likeliest of them.
pub(super) fn with_known<'a>(
    why: &str,
    kind: &str,
    name: &str,
    known: impl Iterator<Item = &'a str> + Clone,
) -> String {
    let names: Vec<_> = known.clone().map(|known| format!("`{known}`")).collect();
    if names.is_empty() {
        return format!("{why}: there are no {kind}");
    }
    let closest = known.map(|known| (strsim::jaro_winkler(known, name), known));
    let closest = closest.filter(|(likeness, _)| *likeness > 0.8).max_by(|a, b| a.0.total_cmp(&b.0));
    let suggestion = closest.map(|(_, known)| format!("did you mean `{known}`? ")).unwrap_or_default();
    format!("{why}: {suggestion}known {kind} are {}", names.join(", "))
}

#[track_caller]
fn known(found: Result<&RequestReport, UnknownScope>) -> &RequestReport {
    match found {
        Ok(found) => found,
        Err(unknown) => panic!("{unknown}"),
    }
}

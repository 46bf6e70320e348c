//! Which requests a figure is of.

use serde::{Deserialize, Serialize};

use super::Origin;

/// Which requests a figure is of. A string is a request name: `ttft("chat")`.
///
/// ```
/// use sse_load::prelude::*;
///
/// let objectives = [
///     ttft(ALL).p95().at_most(ms(500)),
///     ttft("chat").p95().at_most(ms(400)),
///     ttft(turn("chat", 1)).p95().at_most(ms(800)),
///     error_rate().of(user_class("ChatUser")).at_most(0.01),
///     e2e(tag("slow")).p90().at_most(secs(30)),
/// ];
/// assert_eq!(objectives[4].to_string(), "tag slow e2e p90 at most 30 s");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Scope {
    /// All requests of the run.
    All,
    /// Those of one name.
    Request(String),
    /// Those of the users of one class.
    UserClass(String),
    /// Those of the tasks that have one label.
    Tag(String),
    /// Those of one name that are this turn of a conversation, from 1.
    Turn(String, u32),
}

/// All requests of the run: `ttft(ALL)`.
pub const ALL: Scope = Scope::All;

/// The requests of one user class: `ttft(user_class("ChatUser"))`.
pub fn user_class(name: impl Into<String>) -> Scope {
    Scope::UserClass(name.into())
}

/// The requests of the tasks with this label, whatever their user class: `e2e(tag("slow"))`.
pub fn tag(label: impl Into<String>) -> Scope {
    Scope::Tag(label.into())
}

/// The requests of one name that are this turn of a [`Conversation`](crate::client::Conversation), from 1: `ttft(turn("chat", 2))`.
pub fn turn(request: impl Into<String>, turn: u32) -> Scope {
    Scope::Turn(request.into(), turn)
}

impl<T: Into<String>> From<T> for Scope {
    fn from(name: T) -> Self {
        Self::Request(name.into())
    }
}

impl Scope {
    /// Whether the requests of `other` are always among these.
    #[must_use]
    pub fn holds(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::All, _) => true,
            (Self::Request(name), Self::Turn(of, _)) => name == of,
            _ => self == other,
        }
    }

    /// Whether a request of this name, task and turn is among these.
    #[must_use]
    pub fn covers(&self, name: &str, origin: &Origin, turn: Option<u32>) -> bool {
        match self {
            Self::All => true,
            Self::Request(wanted) => wanted == name,
            Self::UserClass(class) => class == origin.user,
            Self::Tag(label) => origin.tags.contains(&label.as_str()),
            Self::Turn(wanted, number) => wanted == name && turn == Some(*number),
        }
    }

    /// What stands before a figure of these requests; nothing before one of all.
    #[must_use]
    pub fn label(&self) -> Option<String> {
        match self {
            Self::All => None,
            Self::Request(name) => Some(name.clone()),
            Self::UserClass(class) => Some(format!("user {class}")),
            Self::Tag(label) => Some(format!("tag {label}")),
            Self::Turn(name, number) => Some(format!("{name} turn {number}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLOW: Origin = Origin { user: "ChatUser", task: "novel", file: "f", line: 1, tags: &["slow", "long"] };

    #[test]
    fn a_request_is_covered_by_its_name_class_tags_and_turn() {
        let covers = |scope: Scope| scope.covers("chat", &SLOW, Some(2));
        for scope in [ALL, "chat".into(), user_class("ChatUser"), tag("slow"), tag("long"), turn("chat", 2)] {
            assert!(covers(scope.clone()), "{scope:?}");
        }
        for scope in ["novel".into(), user_class("chat"), tag("fast"), turn("chat", 1), turn("search", 2)] {
            assert!(!covers(scope.clone()), "{scope:?}");
        }
        assert!(!turn("chat", 2).covers("chat", &SLOW, None));
    }

    #[test]
    fn a_name_holds_its_turns_and_all_holds_everything() {
        assert!(ALL.holds(&tag("slow")) && Scope::from("chat").holds(&turn("chat", 3)) && tag("a").holds(&tag("a")));
        assert!(!turn("chat", 3).holds(&"chat".into()) && !Scope::from("chat").holds(&turn("search", 3)));
        assert!(!user_class("chat").holds(&"chat".into()));
    }
}

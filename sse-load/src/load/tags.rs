//! Which tasks a run includes, by their labels.

/// Labels that a run includes and excludes. Without an included label every task is in; an excluded one always wins.
///
/// ```
/// use sse_load::load::Tags;
///
/// let tags = Tags { include: vec!["smoke".into()], exclude: vec!["slow".into()] };
/// assert!(tags.admit(&["smoke"]));
/// assert!(!tags.admit(&["smoke", "slow"]));
/// assert!(!tags.admit(&[]));
/// assert!(Tags::default().admit(&[]));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags {
    /// Tasks must have one of these, if there is any.
    pub include: Vec<String>,
    /// Tasks must have none of these.
    pub exclude: Vec<String>,
}

impl Tags {
    /// Whether a task with these labels runs.
    #[must_use]
    pub fn admit(&self, labels: &[&str]) -> bool {
        let has = |wanted: &String| labels.contains(&wanted.as_str());
        (self.include.is_empty() || self.include.iter().any(has)) && !self.exclude.iter().any(has)
    }
}

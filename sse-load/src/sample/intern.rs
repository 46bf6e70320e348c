//! Names that were read, as those of the program are.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize as _, Deserializer};

/// A name of the program, such as that of a user class.
pub type Name = &'static str;

/// Names of the program, such as those of user classes, live as long as it; those of a report that was read must too. Each distinct name
/// is kept once, for ever, so a program that reads reports without end should not let strangers write them.
pub(crate) fn interned(text: &str) -> Name {
    static KNOWN: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = known.get(text) {
        return known;
    }
    let kept: &'static str = Box::leak(text.into());
    known.insert(kept);
    kept
}

/// Several of them.
pub type Names = &'static [Name];

/// Reads a name. For `#[serde(deserialize_with = "..")]`.
pub(crate) fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Name, D::Error> {
    Ok(interned(&String::deserialize(deserializer)?))
}

/// Reads names.
pub(super) fn names<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Names, D::Error> {
    static KNOWN: Mutex<BTreeSet<&'static [&'static str]>> = Mutex::new(BTreeSet::new());
    let names: Vec<_> = Vec::<String>::deserialize(deserializer)?.iter().map(|name| interned(name)).collect();
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = known.get(&*names) {
        return Ok(known);
    }
    let kept: &'static [_] = Vec::leak(names);
    known.insert(kept);
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_kept_once() {
        assert!(std::ptr::eq(interned("ChatUser"), interned(&["Chat", "User"].concat())));
    }
}

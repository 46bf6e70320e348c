//! What all users of a run share.

use std::any::{Any, TypeId, type_name};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

/// One value of each type, for all users of a run.
#[derive(Debug, Default)]
pub struct Shared(RwLock<BTreeMap<TypeId, Entry>>);

#[derive(Clone, Debug)]
struct Entry {
    type_name: &'static str,
    value: Arc<dyn Any + Send + Sync>,
}

/// Nothing of this type is shared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "no `{wanted}` is shared: give one with .set_up(..) or .share(..) on the load test; shared are: {}",
    listed(known)
)]
pub(super) struct NotShared {
    wanted: &'static str,
    known: Vec<&'static str>,
}

impl Clone for Shared {
    fn clone(&self) -> Self {
        Self(RwLock::new(self.0.read().unwrap_or_else(PoisonError::into_inner).clone()))
    }
}

impl Shared {
    /// Adds a value; it takes the place of one of the same type.
    pub fn put<T: Any + Send + Sync>(&self, value: T) {
        let entry = Entry { type_name: type_name::<T>(), value: Arc::new(value) };
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(TypeId::of::<T>(), entry);
    }

    /// The value of this type.
    pub(super) fn get<T: Any + Send + Sync>(&self) -> Result<Arc<T>, NotShared> {
        let entries = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let found = entries.get(&TypeId::of::<T>()).map(|entry| Arc::clone(&entry.value));
        found.and_then(|value| value.downcast().ok()).ok_or_else(|| {
            let mut known: Vec<_> = entries.values().map(|entry| entry.type_name).collect();
            known.sort_unstable();
            NotShared { wanted: type_name::<T>(), known }
        })
    }
}

fn listed(known: &[&str]) -> String {
    if known.is_empty() { "none".to_owned() } else { known.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_has_one_value() {
        let shared = Shared::default();
        assert!(shared.get::<u8>().expect_err("there is nothing").to_string().ends_with("shared are: none"));
        shared.put(1_u8);
        shared.put("text");
        shared.put(2_u8);
        assert_eq!((shared.get::<u8>().as_deref(), shared.get::<&str>().as_deref()), (Ok(&2), Ok(&"text")));
        let missing = shared.get::<u64>().expect_err("there is none").to_string();
        assert!(missing.starts_with("no `u64` is shared") && missing.ends_with("&str, u8"), "{missing}");
    }
}

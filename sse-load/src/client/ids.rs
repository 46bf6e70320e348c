//! Whether the ids of a stream's events leave something out.

use super::quote::start_of;

/// The ids of the events so far.
#[derive(Debug, Default)]
pub(super) struct Ids {
    last: Option<String>,
    gap: Option<String>,
    events: u64,
}

impl Ids {
    /// Takes the id of the next event. One that is the same as before is no new one: ids stay set from event to event.
    pub(super) fn see(&mut self, id: Option<&str>) {
        self.events += 1;
        if self.gap.is_some() || self.last.as_deref() == id && id.is_some() {
            return;
        }
        let number = id.and_then(|id| id.parse::<u64>().ok());
        let before = self.last.as_deref().and_then(|id| id.parse::<u64>().ok());
        let follows = match (before, number) {
            (Some(before), Some(number)) => before.checked_add(1) == Some(number),
            (None, Some(_)) => self.events == 1,
            (_, None) => false,
        };
        if !follows {
            let quoted = |id: Option<&str>| id.map_or("no id".to_owned(), |id| format!("`{}`", start_of(id)));
            self.gap = Some(match self.last.as_deref() {
                None => format!("{} at event {}", quoted(id), self.events),
                last => format!("{} after {}", quoted(id), quoted(last)),
            });
        }
        // Copied only when it changed, and into the same memory: a stream may have as many ids as events.
        match id {
            Some(id) => id.clone_into(self.last.get_or_insert_default()),
            None => self.last = None,
        }
    }

    /// How many events there were.
    pub(super) fn events(&self) -> u64 {
        self.events
    }

    /// The first place at which an id does not follow on the one before.
    pub(super) fn gap(&self) -> Option<&str> {
        self.gap.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gap(ids: &[Option<&str>]) -> Option<String> {
        let mut seen = Ids::default();
        for id in ids {
            seen.see(*id);
        }
        seen.gap().map(str::to_owned)
    }

    #[test]
    fn a_rising_id_takes_the_place_of_the_one_before() {
        let mut seen = Ids::default();
        let places = ["10", "11", "12"].map(|id| {
            seen.see(Some(id));
            seen.last.as_ref().map(|last| (last.as_ptr(), last.clone()))
        });
        let [Some((first, _)), Some((second, _)), Some((third, last))] = places else { panic!("ids: {places:?}") };
        assert_eq!((second, third, &*last), (first, first, "12"));
    }

    #[test]
    fn ids_rise_by_one_from_any_start() {
        assert_eq!(gap(&[Some("7"), Some("8"), Some("8"), Some("9")]), None);
        assert_eq!(gap(&[]), None);
        assert_eq!(gap(&[Some("7"), Some("9"), Some("3")]).as_deref(), Some("`9` after `7`"));
        assert_eq!(gap(&[Some("7"), Some("6")]).as_deref(), Some("`6` after `7`"));
        assert_eq!(gap(&[Some("a")]).as_deref(), Some("`a` at event 1"));
        assert_eq!(gap(&[None, Some("1")]).as_deref(), Some("no id at event 1"));
        assert_eq!(gap(&[Some("1"), None]).as_deref(), Some("no id after `1`"));
        assert_eq!(
            gap(&[Some("18446744073709551615"), Some("0")]).as_deref(),
            Some("`0` after `18446744073709551615`")
        );
    }
}

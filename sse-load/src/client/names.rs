//! The names of the events that brought output.

const DEFAULT: &str = "message";

/// The names of generated events by number, kept where they change: most streams have one.
#[derive(Debug, Default)]
pub(super) struct Names(Vec<Run>);

/// Events of one name, from a number on.
#[derive(Debug)]
struct Run {
    first: usize,
    name: Box<str>,
}

impl Names {
    /// Takes the name of an event; events come in the order of their numbers.
    pub(super) fn see(&mut self, event: usize, name: &str) {
        if self.0.last().map_or(DEFAULT, |run| &run.name) != name {
            self.0.push(Run { first: event, name: name.into() });
        }
    }

    /// The name of an event.
    pub(super) fn of(&self, event: usize) -> &str {
        let runs = self.0.partition_point(|run| run.first <= event);
        runs.checked_sub(1).map_or(DEFAULT, |run| &self.0[run].name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_event_has_its_name() {
        let all = ["message", "price", "price", "volume", "message", "price"];
        let mut names = Names::default();
        all.into_iter().enumerate().for_each(|(event, name)| names.see(event, name));
        assert_eq!((0..all.len()).map(|event| names.of(event)).collect::<Vec<_>>(), all);
        assert_eq!(names.0.len(), 4, "two of one name in a row are kept once");
    }
}

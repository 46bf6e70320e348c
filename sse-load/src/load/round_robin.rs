//! Which class each arrival is of.

/// The classes that serve arrivals 0, 1, 2 and so on: one round of them, over and over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoundRobin(Vec<Place>);

/// One place of the round.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    class: usize,
    /// Places of the class that come before it in the round.
    before: u64,
    /// Places of the class in the round.
    of_class: u64,
}

/// Whose turn an arrival is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// The class that serves it.
    pub class: usize,
    /// Its number among the arrivals of that class, from 0.
    pub number: u64,
}

impl RoundRobin {
    /// The round with these classes.
    ///
    /// ```
    /// use sse_load::load::{RoundRobin, Turn};
    ///
    /// let round = RoundRobin::new(&[0, 1, 0]);
    /// assert_eq!(round.turn(1), Turn { class: 1, number: 0 });
    /// assert_eq!(round.turn(5), Turn { class: 0, number: 3 });
    /// ```
    ///
    /// # Panics
    /// When the round is empty.
    #[must_use]
    pub fn new(round: &[usize]) -> Self {
        assert!(!round.is_empty(), "a round needs at least one class, or nobody serves the arrivals");
        let mut seen = vec![0; round.iter().max().map_or(0, |last| last + 1)];
        let mut places: Vec<_> = round
            .iter()
            .map(|class| {
                seen[*class] += 1;
                Place { class: *class, before: seen[*class] - 1, of_class: 0 }
            })
            .collect();
        for place in &mut places {
            place.of_class = seen[place.class];
        }
        Self(places)
    }

    /// Whose turn an arrival is, by its number. Nothing else decides it, so every thread finds the same.
    #[must_use]
    pub fn turn(&self, arrival: u64) -> Turn {
        let places = self.0.len() as u64;
        let place = &self.0[usize::try_from(arrival % places).unwrap_or(0)];
        Turn { class: place.class, number: arrival / places * place.of_class + place.before }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    #[should_panic(expected = "a round needs at least one class")]
    fn an_empty_round_is_refused() {
        let _ = RoundRobin::new(&[]);
    }

    proptest! {
        #[test]
        fn each_class_counts_its_own_arrivals(round in proptest::collection::vec(0_usize..4, 1..12)) {
            let turns = RoundRobin::new(&round);
            let mut served = [0_u64; 4];
            for (arrival, class) in (0..60).zip(round.iter().cycle()) {
                prop_assert_eq!(turns.turn(arrival), Turn { class: *class, number: served[*class] });
                served[*class] += 1;
            }
        }
    }
}

//! When users come and go, by a shape.

use std::time::Duration;

use super::LoadShape;
use super::shape::duration;

/// One stay of a user. A user that goes and comes again has several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stay {
    /// The user's number, from 0.
    pub user: u64,
    /// Which of the user's stays it is, from 0.
    pub number: u32,
    /// When it begins.
    pub from: Duration,
    /// When the user finishes its task and goes; `None`: not before the run ends.
    pub until: Option<Duration>,
}

/// The stays of all users, in the order of their begins. User k is there while the level is above k, so a level of 2.5 is three
/// users, and the user who came last goes first.
#[must_use]
pub fn stays(shape: &LoadShape) -> Vec<Stay> {
    let mut crowd = Crowd::default();
    for piece in shape.pieces() {
        crowd.set(users(piece.from), |_| piece.begin());
        let slope = (piece.to - piece.from) / piece.length();
        crowd.set(users(piece.to), |user| piece.begin() + (level(user) - piece.from) / slope);
    }
    if let Some(end) = shape.pieces().last().map(super::shape::Piece::end).filter(|end| end.is_finite()) {
        crowd.set(0, |_| end);
    }
    crowd.stays.sort_by_key(|stay| (stay.from, stay.user));
    crowd.stays
}

/// Who is there.
#[derive(Default)]
struct Crowd {
    stays: Vec<Stay>,
    /// The present stay of each user, as an index.
    present: Vec<usize>,
    /// How many stays each user had.
    had: Vec<u32>,
}

impl Crowd {
    /// Users come or go until there are `count`, each at its moment.
    fn set(&mut self, count: usize, moment: impl Fn(usize) -> f64) {
        while self.present.len() < count {
            let user = self.present.len();
            if self.had.len() == user {
                self.had.push(0);
            }
            self.present.push(self.stays.len());
            self.stays.push(Stay {
                user: user as u64,
                number: self.had[user],
                from: duration(moment(user)),
                until: None,
            });
            self.had[user] += 1;
        }
        while self.present.len() > count {
            if let Some(stay) = self.present.pop() {
                self.stays[stay].until = Some(duration(moment(self.present.len())));
            }
        }
    }
}

/// How many users a level is: 2.5 is three. What stands behind the sixth decimal is an error of rounding.
#[must_use]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a level is a number from 0 on")]
pub fn users_at(level: f64) -> u64 {
    (level - 1e-6).ceil() as u64
}

fn users(level: f64) -> usize {
    usize::try_from(users_at(level)).unwrap_or(usize::MAX)
}

#[expect(clippy::cast_precision_loss, reason = "users are far fewer than 2^52")]
fn level(user: usize) -> f64 {
    user as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn told(shape: &LoadShape) -> Vec<(u64, u32, f64, Option<f64>)> {
        let told =
            |stay: Stay| (stay.user, stay.number, stay.from.as_secs_f64(), stay.until.map(|until| until.as_secs_f64()));
        stays(shape).into_iter().map(told).collect()
    }

    #[test]
    fn a_ramp_brings_users_evenly_and_takes_the_last_first() {
        let shape = LoadShape::starting_at(0).ramp_to(4, secs(8)).hold(secs(2)).ramp_to(0, secs(4));
        let expected =
            [(0, 0, 0.0, Some(14.0)), (1, 0, 2.0, Some(13.0)), (2, 0, 4.0, Some(12.0)), (3, 0, 6.0, Some(11.0))];
        assert_eq!(told(&shape), expected);
    }

    #[test]
    fn users_come_again() {
        let shape = LoadShape::starting_at(1).hold(secs(5)).spike_to(2, secs(1)).hold(secs(5)).spike_to(2, secs(1));
        let expected = [(0, 0, 0.0, Some(12.0)), (1, 0, 5.0, Some(6.0)), (1, 1, 11.0, Some(12.0))];
        assert_eq!(told(&shape), expected);
    }

    #[test]
    fn users_of_a_level_without_end_stay() {
        assert_eq!(told(&LoadShape::constant(1.5)), [(0, 0, 0.0, None), (1, 0, 0.0, None)]);
        assert_eq!(told(&LoadShape::constant(1).after(secs(3))), [(0, 0, 3.0, None)]);
        assert!(stays(&LoadShape::starting_at(7)).is_empty(), "a shape that lasts no time");
    }

    proptest! {
        #[test]
        fn at_each_moment_there_are_as_many_as_the_level_says(
            stages in proptest::collection::vec((1_u64..20, 0_u32..30, any::<bool>()), 1..6),
        ) {
            let mut shape = LoadShape::starting_at(0);
            for (time, level, jumps) in stages {
                shape = if jumps { shape.step_to(level).hold(secs(time)) } else { shape.ramp_to(level, secs(time)) };
            }
            let stays = stays(&shape);
            for hundredth in 0..12_000_u64 {
                let at = Duration::from_millis(hundredth * 10) + Duration::from_micros(1_237);
                let present = stays.iter().filter(|stay| stay.from <= at && stay.until.is_none_or(|until| at < until));
                let level = shape.level_at(at);
                // At a crossing itself the last digit decides.
                if (level - level.round()).abs() > 1e-6 || level.total_cmp(&level.round()).is_eq() {
                    prop_assert_eq!(present.count(), users(level), "{:?}: {}", at, level);
                }
            }
        }
    }
}

//! Records, handed out to users.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::client::{Context, Place};

/// Records that never end: circular, or random.
///
/// User k of n takes the records k, k + n, k + 2n and so on, without asking anybody: the same users get the same records in every run,
/// and nothing locks. Shards split the records by themselves, since their users keep their numbers. In the open loop
/// arrival k takes record k. A user whom a shape sends away and brings again counts as another, and
/// where `arrivals_of` gives classes arrivals of their own, each counts from 0.
///
/// All users of a run take part in the split, those of other classes too, so that no record goes to two of them. What falls to a
/// user who never asks is handed out to nobody.
///
/// ```no_run
/// use std::sync::LazyLock;
/// use sse_load::prelude::*;
///
/// static QUESTIONS: LazyLock<Feeder<&str>> =
///     LazyLock::new(|| Feeder::new(["Why is the sky blue?", "And at sunset?", "How do you know?"]));
///
/// # async fn task(ctx: &mut Context) -> TaskResult {
/// let question = *QUESTIONS.next(ctx);
/// ctx.openai_chat("m").user(question).name("question").send().await?;
/// # Ok(()) }
/// ```
///
/// A `static` is made when it is first touched, which for a large file should not be within the run:
/// [`LazyLock::force`](std::sync::LazyLock::force) it before.
#[derive(Debug)]
pub struct Feeder<T> {
    records: Records<T>,
    is_random: bool,
}

/// Records of which each is handed out once: each to one user, and when they are used up, `None`.
///
/// ```no_run
/// use std::sync::LazyLock;
/// use sse_load::data::{self, OnceEach, Row};
/// use sse_load::prelude::*;
///
/// static ACCOUNTS: LazyLock<OnceEach<Row>> =
///     LazyLock::new(|| Feeder::new(data::csv("accounts.csv").expect("accounts.csv is in order")).once_each());
///
/// # async fn task(ctx: &mut Context) -> TaskResult {
/// let Some(account) = ACCOUNTS.next(ctx) else { return Ok(()) };
/// ctx.sse_request("/login").header("X-User", account.get("user")?).send().await?;
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct OnceEach<T>(Records<T>);

#[derive(Debug)]
struct Records<T> {
    /// By this number a context knows how often its user has drawn from here.
    number: u64,
    all: Vec<T>,
}

impl<T> Feeder<T> {
    /// Records in their order, from the first again after the last.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    #[track_caller]
    pub fn new(records: impl IntoIterator<Item = T>) -> Self {
        static FEEDERS: AtomicU64 = AtomicU64::new(0);
        let all: Vec<T> = records.into_iter().collect();
        assert!(!all.is_empty(), "Feeder::new(..) needs at least one record, and got none");
        Self { records: Records { number: FEEDERS.fetch_add(1, Ordering::Relaxed), all }, is_random: false }
    }

    /// Any record each time, all equally likely, by the user's own random numbers.
    #[must_use]
    pub fn random(self) -> Self {
        Self { is_random: true, ..self }
    }

    /// Each record once, to one user.
    #[must_use]
    pub fn once_each(self) -> OnceEach<T> {
        OnceEach(self.records)
    }

    /// The user's next record.
    pub fn next(&self, ctx: &mut Context) -> &T {
        if self.is_random { ctx.choose(&self.records.all) } else { self.records.circular(ctx) }
    }

    /// All records, in their order.
    #[must_use]
    pub fn records(&self) -> &[T] {
        &self.records.all
    }
}

impl<T> OnceEach<T> {
    /// The user's next record; `None` when its share is used up. A task that then does nothing needs a wait time, or its user spins.
    ///
    /// In the open loop each arrival has one record, the first that it asks for.
    pub fn next(&self, ctx: &mut Context) -> Option<&T> {
        self.0.once(ctx)
    }

    /// All records, in their order.
    #[must_use]
    pub fn records(&self) -> &[T] {
        &self.0.all
    }
}

impl<T> Records<T> {
    fn circular(&self, ctx: &mut Context) -> &T {
        let draw = ctx.next_draw(self.number);
        &self.all[circular(ctx.identity().place, draw, self.all.len())]
    }

    fn once(&self, ctx: &mut Context) -> Option<&T> {
        let draw = ctx.next_draw(self.number);
        self.all.get(once(ctx.identity().place, draw)?)
    }
}

/// Which of `count` records, of which there is at least one, the user's draw gets.
fn circular(Place { number, of }: Place, draw: u64, count: usize) -> usize {
    let place = u128::from(number) + u128::from(draw) * u128::from(of.max(1));
    usize::try_from(place % count as u128).unwrap_or_default()
}

/// Which record, and nobody else's, the user's draw gets.
fn once(Place { number, of }: Place, draw: u64) -> Option<usize> {
    // Where nobody knows how many users there are, any other record may be another's.
    if of == 0 && draw > 0 {
        return None;
    }
    usize::try_from(number.checked_add(draw.checked_mul(of)?)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn user(number: u64, of: u64) -> Place {
        Place { number, of }
    }

    #[test]
    fn users_take_turns() {
        let laps = |user, count| (0..6).map(|draw| circular(user, draw, count)).collect::<Vec<_>>();
        assert_eq!(laps(user(0, 3), 7), [0, 3, 6, 2, 5, 1]);
        assert_eq!(laps(user(2, 3), 7), [2, 5, 1, 4, 0, 3]);
        assert_eq!(laps(user(9, 20), 4), [1, 1, 1, 1, 1, 1]);
        assert_eq!(laps(user(5, 0), 4), [1, 2, 3, 0, 1, 2], "an arrival begins with its own");
        assert_eq!(circular(user(u64::MAX, u64::MAX), u64::MAX, 10), (5 + 5 * 5) % 10);
    }

    #[test]
    fn each_record_is_one_users_once() {
        for (of, count) in [(1, 5), (7, 100), (100, 7)] {
            let mut places: Vec<_> = (0..of)
                .flat_map(|index| (0..).map_while(move |draw| once(user(index, of), draw).filter(|at| *at < count)))
                .collect();
            places.sort_unstable();
            assert_eq!(places, (0..count).collect::<Vec<_>>(), "{of} users, {count} records");
        }
        assert_eq!(once(user(5, 0), 0), Some(5), "an arrival has its own");
        assert_eq!(once(user(5, 0), 1), None, "and no other");
        assert_eq!(once(user(1, u64::MAX), 2), None);
    }

    #[test]
    #[should_panic(expected = "Feeder::new(..) needs at least one record, and got none")]
    fn nothing_can_not_be_fed() {
        let _ = Feeder::<u8>::new([]);
    }
}

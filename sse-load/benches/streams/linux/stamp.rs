//! The moment that an event carries as its text.

use rustix::time::{ClockId, clock_gettime};

/// Digits of a stamp.
pub(crate) const DIGITS: usize = 19;

/// Nanoseconds on the monotonic clock, which all processes of the machine share.
pub(crate) fn now() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    u64::try_from(time.tv_sec * 1_000_000_000 + time.tv_nsec).unwrap_or(0)
}

/// Writes a stamp over the digits of this place.
pub(crate) fn write(mut moment: u64, digits: &mut [u8]) {
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + u8::try_from(moment % 10).unwrap_or(0);
        moment /= 10;
    }
}

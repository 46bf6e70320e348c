//! Randomness without state: a draw is a pure function of the seed, the request and what is drawn.

/// What a draw decides. Draws of different kinds are independent of each other.
#[derive(Debug, Clone, Copy)]
pub(super) enum Draw {
    Ttft,
    Tokens,
    Jitter(u32),
    Fault(u32),
}

impl Draw {
    fn key(self) -> u64 {
        let (kind, index) = match self {
            Self::Ttft => (0, 0),
            Self::Tokens => (1, 0),
            Self::Jitter(token) => (2, token),
            Self::Fault(rule) => (3, rule),
        };
        (kind << 32) | u64::from(index)
    }
}

/// A number from 0 (included) to 1 (excluded) for one draw of one request.
pub(super) fn unit(seed: u64, request: u64, draw: Draw) -> f64 {
    let bits = mix(mix(mix(seed) ^ request) ^ draw.key());
    let [a, b, c, d, ..] = bits.to_be_bytes();
    f64::from(u32::from_be_bytes([a, b, c, d])) / 4_294_967_296.0
}

/// The output function of `SplitMix64` (Steele, Lea and Flood 2014, figure 17).
fn mix(state: u64) -> u64 {
    let mut z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_draw_gives_the_same_number() {
        let draw = |seed| unit(seed, 3, Draw::Jitter(9)).to_bits();
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }

    #[test]
    fn draws_fill_the_unit_interval_evenly() {
        let draws: Vec<f64> = (0..10_000).map(|request| unit(1, request, Draw::Ttft)).collect();
        assert!(draws.iter().all(|x| (0.0..1.0).contains(x)));
        let below_a_tenth = draws.iter().filter(|x| **x < 0.1).count();
        assert!((900..1_100).contains(&below_a_tenth), "{below_a_tenth} of 10000 below 0.1");
    }
}

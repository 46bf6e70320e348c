//! Histograms as text.

use std::io::Read as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use flate2::read::ZlibDecoder;
use hdrhistogram::serialization::{Deserializer as Reader, Serializer as _, V2DeflateSerializer};
use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Histogram;
use super::histogram::DIGITS;

/// What the compressed form begins with.
const COMPRESSED: [u8; 4] = 0x1c84_9314_u32.to_be_bytes();

/// What the form within it begins with.
const PLAIN: [u8; 4] = 0x1c84_9313_u32.to_be_bytes();

/// The bytes before the counts of the plain form.
const HEAD: usize = 40;

/// No histogram of ours is longer: it has at most 23 · 1,024 counts of at most 9 bytes.
const LONGEST: u64 = 1 << 18;

/// The highest value that the storage grows to for [`LARGEST`](super::LARGEST).
const HIGHEST: u64 = 1 << 33;

/// A count as a varint of 9 bytes is a number that no run has.
const LONGEST_COUNT: usize = 8;

/// A text that is no histogram.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a histogram as sse-load writes it (HdrHistogram V2, compressed, base64), but {0}")]
struct NoHistogram(String);

impl Serialize for Histogram {
    /// The compressed HDR V2 bytes in base64, which every HdrHistogram implementation reads.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut bytes = Vec::new();
        V2DeflateSerializer::new().serialize(&self.counts, &mut bytes).map_err(S::Error::custom)?;
        serializer.serialize_str(&BASE64_STANDARD.encode(bytes))
    }
}

impl<'de> Deserialize<'de> for Histogram {
    /// The counts as they were; the smallest value, the largest and the sum within 0.1 %.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        decode(&text).map_err(D::Error::custom)
    }
}

fn decode(text: &str) -> Result<Histogram, NoHistogram> {
    let bytes =
        BASE64_STANDARD.decode(text.trim()).map_err(|error| NoHistogram(format!("it is no base64: {error}")))?;
    let Some((_, packed)) = bytes.split_first_chunk::<8>().filter(|(head, _)| head[..4] == COMPRESSED) else {
        return Err(NoHistogram("it begins in another way".to_owned()));
    };
    let mut plain = Vec::new();
    let unpacked = ZlibDecoder::new(packed).take(LONGEST).read_to_end(&mut plain);
    unpacked.map_err(|error| NoHistogram(format!("it can't be unpacked: {error}")))?;
    refuse_foreign(&plain)?;
    let counts = Reader::new().deserialize(&mut plain.as_slice());
    counts.map(Histogram::of_counts).map_err(|error| NoHistogram(format!("its counts can't be read: {error}")))
}

/// What the reader of the storage takes on trust: a length that it allocates, a range, numbers that overflow.
fn refuse_foreign(plain: &[u8]) -> Result<(), NoHistogram> {
    let broken = |why: &str| Err(NoHistogram(why.to_owned()));
    let Some((head, counts)) = plain.split_first_chunk::<HEAD>() else {
        return broken("it is cut short");
    };
    let number =
        |from: usize, to: usize| head[from..to].iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    if head[..4] != PLAIN || number(4, 8) != counts.len() as u64 {
        return broken("its head is broken, or it is cut short");
    }
    let (digits, lowest, highest) = (number(12, 16), number(16, 24), number(24, 32));
    if digits != u64::from(DIGITS) || lowest != 1 || highest > HIGHEST {
        return broken("its range or its precision is another");
    }
    let mut numbers = counts.split(|byte| byte & 0x80 == 0);
    if numbers.any(|leading| leading.len() >= LONGEST_COUNT) {
        return broken("a count in it is beyond all measure");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use hdrhistogram::serialization::V2Serializer;
    use proptest::prelude::*;

    use super::*;
    use crate::stats::LARGEST;

    fn encode(histogram: &Histogram) -> String {
        let json = serde_json::to_value(histogram).expect("it serialises");
        json.as_str().expect("a text").to_owned()
    }

    fn of(values: &[(u64, u64)]) -> Histogram {
        let mut histogram = Histogram::new();
        for (value, times) in values {
            histogram.record_n(*value, *times);
        }
        histogram
    }

    #[test]
    fn every_implementation_reads_it() {
        let hdr = BASE64_STANDARD.decode(encode(&of(&[(10, 1), (20, 1), (30, 1)]))).expect("base64");
        let counts: hdrhistogram::Histogram<u64> = Reader::new().deserialize(&mut hdr.as_slice()).expect("HDR V2");
        assert_eq!((counts.len(), counts.count_at(20)), (3, 1));
    }

    #[test]
    fn what_is_no_histogram_is_an_error_that_says_what_was_expected() {
        let sound = encode(&of(&[(10, 1)]));
        let mut foreign = Vec::new();
        let two_digits = hdrhistogram::Histogram::<u64>::new(2).expect("two digits");
        V2DeflateSerializer::new().serialize(&two_digits, &mut foreign).expect("it serialises");
        let mut plain = Vec::new();
        V2Serializer::new().serialize(&two_digits, &mut plain).expect("it serialises");
        for (text, why) in [
            ("", "it begins in another way"),
            ("not base64!", "it is no base64"),
            (&sound[..sound.len() / 8 * 4], "it "),
            (&BASE64_STANDARD.encode(foreign), "its range or its precision is another"),
            (&BASE64_STANDARD.encode(plain), "it begins in another way"),
        ] {
            let error = decode(text).expect_err(text).to_string();
            assert!(error.contains(why) && error.contains("expected a histogram"), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn a_histogram_comes_back(values in prop::collection::vec((0..=2 * LARGEST, 1..1_000_000_u64), 0..60)) {
            let histogram = of(&values);
            let read = decode(&encode(&histogram)).expect("it is one");
            prop_assert_eq!(&read.counts, &histogram.counts);
            for q in [0.0, 0.5, 0.99, 1.0] {
                let (was, is) = (histogram.quantile(q).unwrap_or(0), read.quantile(q).unwrap_or(0));
                prop_assert!(was.abs_diff(is) <= was / 1_000 + 1, "{q}: {was} {is}");
            }
            prop_assert_eq!(encode(&read), encode(&histogram));
        }

        #[test]
        fn no_bytes_make_it_panic(place in 0..400_usize, byte: u8, cut in 0..400_usize) {
            let mut plain = Vec::new();
            let counts = of(&[(3, 70_000), (900, 2), (5_000_000, 1)]).counts;
            V2Serializer::new().serialize(&counts, &mut plain).expect("it serialises");
            let place = place % plain.len();
            plain[place] = byte;
            plain.truncate(plain.len() - cut % plain.len() / 8);
            let mut packed = COMPRESSED.to_vec();
            packed.extend([0; 4]);
            let mut writer = flate2::write::ZlibEncoder::new(packed, flate2::Compression::default());
            std::io::Write::write_all(&mut writer, &plain).expect("bytes in memory");
            let _ = decode(&BASE64_STANDARD.encode(writer.finish().expect("bytes in memory")));
        }

        #[test]
        fn no_text_makes_it_panic(text: String, bytes: Vec<u8>) {
            let _ = decode(&text);
            let _ = decode(&BASE64_STANDARD.encode(bytes));
        }
    }
}

//! Slices as text.

use std::io::{Read as _, Write as _};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Slices;

/// No slices of ours unpack to more: 128 of them have at most 2,000 buckets of at most 13 bytes.
const LONGEST: u64 = 4 << 20;

/// Slices in a text: `packed` are the numbers of each slice in order, compressed by zlib, in base64.
#[derive(Serialize, Deserialize)]
struct Packed {
    /// In seconds.
    width: f64,
    packed: String,
}

impl Serialize for Slices {
    /// How long a slice is, and the numbers of all as LEB128, compressed: of each the sum of its values and how many buckets it has, and
    /// of each bucket how far it is from the one before and how many values it holds.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut bytes = Vec::new();
        for slice in self.iter() {
            let buckets: Vec<_> = slice.numbered_buckets().collect();
            push(&mut bytes, slice.sum());
            push(&mut bytes, buckets.len() as u128);
            let mut before = 0;
            for (bucket, count) in buckets {
                push(&mut bytes, u128::from(bucket - before));
                push(&mut bytes, u128::from(count));
                before = bucket;
            }
        }
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(&bytes).map_err(S::Error::custom)?;
        let packed = BASE64_STANDARD.encode(zlib.finish().map_err(S::Error::custom)?);
        Packed { width: self.width().as_secs_f64(), packed }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Slices {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Packed { width, packed } = Packed::deserialize(deserializer)?;
        let slices = unpacked(&packed).and_then(|slices| Self::of_slices(width, slices));
        slices.ok_or_else(|| {
            D::Error::custom("expected the slices of a run as sse-load writes them, but these are broken")
        })
    }
}

/// A slice in numbers: the sum of its values; buckets and how many values they hold.
pub(super) type Numbers = (u128, Vec<(u16, u64)>);

fn unpacked(text: &str) -> Option<Vec<Numbers>> {
    let mut bytes = Vec::new();
    let packed = BASE64_STANDARD.decode(text).ok()?;
    ZlibDecoder::new(&*packed).take(LONGEST).read_to_end(&mut bytes).ok()?;
    let mut rest = &*bytes;
    let mut slices = Vec::new();
    while !rest.is_empty() {
        let sum = pop(&mut rest)?;
        let mut buckets = Vec::new();
        let mut before = 0_u16;
        for place in 0..pop(&mut rest)? {
            let step = u16::try_from(pop(&mut rest)?).ok()?;
            // Buckets are in order, and none is there twice.
            let is_next = place == 0 || step > 0;
            let bucket = before.checked_add(step).filter(|_| is_next)?;
            buckets.push((bucket, u64::try_from(pop(&mut rest)?).ok()?));
            before = bucket;
        }
        slices.push((sum, buckets));
    }
    Some(slices)
}

/// Appends a number as LEB128 (DWARF 5, section 7.6).
fn push(bytes: &mut Vec<u8>, mut number: u128) {
    loop {
        let low = u8::try_from(number & 0x7f).unwrap_or_default();
        number >>= 7;
        if number == 0 {
            return bytes.push(low);
        }
        bytes.push(low | 0x80);
    }
}

fn pop(bytes: &mut &[u8]) -> Option<u128> {
    let mut number = 0_u128;
    for place in 0..18 {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u128::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn slices_come_back(values in prop::collection::vec((0..10_000_000_u64, any::<u64>(), 1..1_000_u64), 0..60)) {
            let mut slices = Slices::default();
            for (at, value, times) in values {
                slices.record(Duration::from_micros(at), value, times);
            }
            let text = serde_json::to_string(&slices).expect("it serialises");
            prop_assert_eq!(serde_json::from_str::<Slices>(&text).expect("it is one"), slices);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, width: f64, text: String) {
            let mut packer = ZlibEncoder::new(Vec::new(), Compression::default());
            packer.write_all(&bytes).expect("bytes in memory");
            let packed = BASE64_STANDARD.encode(packer.finish().expect("bytes in memory"));
            for packed in [packed, text] {
                let json = serde_json::json!({"width": width, "packed": packed});
                let _ = serde_json::from_value::<Slices>(json);
            }
        }
    }

    #[test]
    fn what_is_broken_is_an_error() {
        let mut slices = Slices::default();
        slices.record(Duration::ZERO, 7, 1);
        let mut json = serde_json::to_value(&slices).expect("it serialises");
        json["width"] = 0.03.into();
        let error = serde_json::from_value::<Slices>(json).expect_err("no such width").to_string();
        assert!(error.contains("expected the slices of a run"), "{error}");
    }
}

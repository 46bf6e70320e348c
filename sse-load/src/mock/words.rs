//! Texts for tokens: short English words, which common tokenizers give one token each with the space before them.

const WORDS: [&str; 64] = [
    "the", "time", "of", "day", "and", "a", "new", "way", "to", "work", "in", "this", "world", "is", "good", "for",
    "people", "who", "like", "water", "on", "land", "with", "some", "light", "at", "night", "from", "home", "by",
    "hand", "or", "book", "as", "you", "can", "see", "it", "when", "we", "all", "come", "back", "over", "there",
    "then", "one", "more", "long", "year", "may", "be", "just", "what", "they", "need", "each", "old", "house", "has",
    "its", "own", "high", "place",
];

/// The word of a token; each stream starts at a place of its own, so that two streams differ.
pub(super) fn word(start: u64, token: u32) -> &'static str {
    let place = start.wrapping_add(u64::from(token)) % 64;
    usize::try_from(place).map_or("the", |place| WORDS[place])
}

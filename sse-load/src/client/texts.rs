//! The generated text of a reply, apart by answer and channel.

use crate::protocol::{Channel, MAX_CHOICES};

/// The text of one answer on one channel.
#[derive(Debug)]
struct Strand {
    choice: u32,
    channel: Channel,
    text: String,
}

/// All generated text. There are few strands, mostly one.
#[derive(Debug, Default)]
pub(super) struct Texts {
    strands: Vec<Strand>,
}

/// A piece of text: its strand, and where it stands in the strand's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    strand: u32,
    begin: u32,
    end: u32,
}

impl Texts {
    /// Appends a piece to the text of its answer and channel.
    pub(super) fn push(&mut self, channel: Channel, choice: u32, text: &str) -> Span {
        // A format of the caller's own may give any number.
        let choice = choice.min(MAX_CHOICES - 1);
        let known = self.strands.iter().position(|strand| (strand.choice, strand.channel) == (choice, channel));
        let index = known.unwrap_or_else(|| {
            self.strands.push(Strand { choice, channel, text: String::new() });
            self.strands.len() - 1
        });
        let strand = &mut self.strands[index].text;
        let begin = offset(strand.len());
        strand.push_str(text);
        Span { strand: offset(index), begin, end: offset(strand.len()) }
    }

    /// The whole text of one answer on one channel; empty if there is none.
    pub(super) fn of(&self, choice: u32, channel: Channel) -> &str {
        let strand = self.strands.iter().find(|strand| (strand.choice, strand.channel) == (choice, channel));
        strand.map_or("", |strand| &strand.text)
    }

    /// A piece, with its channel and answer.
    pub(super) fn piece(&self, span: Span) -> (Channel, u32, &str) {
        let strand = &self.strands[span.strand as usize];
        let text = strand.text.get(span.begin as usize..span.end as usize).unwrap_or_default();
        (strand.channel, strand.choice, text)
    }

    /// The whole text of each strand that consists of words: what a tokenizer can count.
    pub(super) fn countable(&self) -> Vec<String> {
        let words = self.strands.iter().filter(|strand| strand.channel != Channel::Audio);
        words.map(|strand| strand.text.clone()).collect()
    }

    /// The lowest number of an answer that has text; 0 if none has.
    pub(super) fn first_choice(&self) -> u32 {
        self.strands.iter().map(|strand| strand.choice).min().unwrap_or(0)
    }

    /// The numbers of the answers that have text, in order.
    pub(super) fn choices(&self) -> Vec<u32> {
        let mut choices: Vec<_> = self.strands.iter().map(|strand| strand.choice).collect();
        choices.sort_unstable();
        choices.dedup();
        choices
    }
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interleaved_answers_are_joined_apart() {
        let mut texts = Texts::default();
        let pieces = [
            (Channel::Text, 0, "a"),
            (Channel::Text, 1, "x"),
            (Channel::Text, 0, "b"),
            (Channel::Reasoning, 1, "why"),
            (Channel::Audio, 0, "UklGRg=="),
            (Channel::Transcript, 0, "hi"),
        ];
        let spans: Vec<_> = pieces.iter().map(|(channel, choice, text)| texts.push(*channel, *choice, text)).collect();
        assert_eq!(
            (texts.of(0, Channel::Text), texts.of(1, Channel::Text), texts.of(2, Channel::Text)),
            ("ab", "x", "")
        );
        assert_eq!(spans.into_iter().map(|span| texts.piece(span)).collect::<Vec<_>>(), pieces);
        assert_eq!(texts.countable(), ["ab", "x", "why", "hi"]);
        assert_eq!((texts.choices(), texts.first_choice()), (vec![0, 1], 0));
    }

    #[test]
    fn indices_without_end_make_no_strands_without_end() {
        let mut texts = Texts::default();
        for choice in (0..1_000).chain([u32::MAX]) {
            texts.push(Channel::Text, choice, "a");
        }
        assert_eq!(texts.choices().len(), 128);
        assert_eq!(texts.of(127, Channel::Text).len(), 874);
    }
}

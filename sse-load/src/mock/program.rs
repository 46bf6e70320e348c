//! The steps of one stream. A fault is an edit of them.

use std::collections::VecDeque;
use std::time::Duration;

use super::dialect::{Chunk, Filler};
use super::fault::Fault;
use super::log::Finish;

/// The size of the chunks in which long fillings go out.
const FILLING: u64 = 64 << 10;

/// What a stream is made of, before a fault.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) tokens: u32,
    /// Tokens that share an event; at least one.
    pub(super) bundle: u32,
    pub(super) ttft: Duration,
    pub(super) hold: bool,
}

/// The next thing that a stream does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Send a chunk: tokens when they are due, any other at once.
    Send(Chunk),
    /// Let everything so far go out in a write of its own.
    Flush,
    /// Wait until this long after the request.
    Until(Duration),
    /// Be silent for this long; all that follows is later by as much.
    Pause(Duration),
    /// Be silent until the client leaves; the request ended like this then.
    Hang(Finish),
    /// Drop the connection.
    Reset,
}

/// An iterator over the steps. Its size does not grow with the number of tokens.
#[derive(Debug)]
pub(super) struct Program(VecDeque<Part>);

#[derive(Debug, Clone)]
enum Part {
    Step(Step),
    Tokens {
        next: u32,
        end: u32,
        bundle: u32,
    },
    /// So many bytes, at least; `u64::MAX` has no end.
    Fill(Filler, u64),
}

impl Part {
    /// Its next step.
    fn step(&mut self) -> Option<Step> {
        match self {
            Self::Step(_) => None,
            Self::Tokens { next, end, bundle } => {
                // An event that a fault has cut off is continued by the rest of its tokens.
                let bundle_end = (*next / *bundle).saturating_add(1).saturating_mul(*bundle).min(*end);
                let tokens = std::mem::replace(next, bundle_end)..bundle_end;
                (!tokens.is_empty()).then_some(Step::Send(Chunk::Tokens(tokens)))
            }
            Self::Fill(filler, left) => {
                let bytes = FILLING.min(*left);
                if *left < u64::MAX {
                    *left -= bytes;
                }
                (bytes > 0).then_some(Step::Send(Chunk::Fill(*filler, bytes)))
            }
        }
    }
}

impl From<Step> for Part {
    fn from(step: Step) -> Self {
        Self::Step(step)
    }
}

impl From<Chunk> for Part {
    fn from(chunk: Chunk) -> Self {
        Self::Step(Step::Send(chunk))
    }
}

impl Program {
    pub(super) fn new(shape: Shape, fault: Option<&Fault>) -> Self {
        let edit = Edit::of(fault, shape);
        let tokens = |next, end| Part::Tokens { next, end, bundle: shape.bundle };
        let mut parts =
            VecDeque::from([Chunk::Open.into(), Step::Flush.into(), tokens(0, edit.after.min(shape.tokens))]);
        parts.extend(edit.insert);
        if edit.resume {
            parts.push_back(tokens(edit.after, shape.tokens));
            parts.extend(closing(shape));
        }
        Self(parts)
    }
}

impl Iterator for Program {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        loop {
            if let Some(step) = self.0.front_mut()?.step() {
                return Some(step);
            }
            if let Some(Part::Step(step)) = self.0.pop_front() {
                return Some(step);
            }
        }
    }
}

/// What a fault does to a stream: after so many tokens it inserts parts, and then the rest follows or not.
struct Edit {
    after: u32,
    insert: Vec<Part>,
    resume: bool,
}

impl Edit {
    fn of(fault: Option<&Fault>, shape: Shape) -> Self {
        let resume = |after, insert| Self { after, insert, resume: true };
        let end = |after, insert| Self { after, insert, resume: false };
        let endless = |after, filler| end(after, vec![Part::Fill(filler, u64::MAX)]);
        let Some(fault) = fault else {
            return resume(0, Vec::new());
        };
        match fault {
            Fault::Truncate { after } => end(*after, Vec::new()),
            Fault::ErrorEvent { after, message } => end(*after, vec![Chunk::ErrorEvent(message.clone()).into()]),
            Fault::ErrorUnder200 { after, message } => end(*after, vec![Chunk::ErrorObject(message.clone()).into()]),
            Fault::Reset { after } => end(*after, vec![Step::Flush.into(), Step::Reset.into()]),
            Fault::Stall { after, pause: None } => end(*after, vec![Step::Hang(Finish::Faulted).into()]),
            Fault::Stall { after, pause: Some(pause) } => resume(*after, vec![Step::Pause(*pause).into()]),
            Fault::NonJson { after } => resume(*after, vec![Chunk::NonJson.into()]),
            Fault::Empty => end(0, [Step::Until(shape.ttft).into()].into_iter().chain(closing(shape)).collect()),
            Fault::EndlessLine { after } => {
                end(*after, vec![Chunk::LineStart.into(), Part::Fill(Filler::Line, u64::MAX)])
            }
            Fault::EndlessEvents { after } => endless(*after, Filler::Events),
            Fault::EndlessComments { after } => endless(*after, Filler::Comments),
            Fault::GzipBomb { bytes } => end(0, vec![Chunk::LineStart.into(), Part::Fill(Filler::Line, *bytes)]),
            Fault::AfterEnd { bytes } => {
                let garbage = Part::Fill(Filler::Line, *bytes);
                end(shape.tokens, marker([Chunk::Finish, Chunk::End]).chain([garbage]).collect())
            }
            Fault::DoneWithoutFinish => end(shape.tokens, marker([Chunk::End]).collect()),
            Fault::FinishWithoutDone => end(shape.tokens, marker([Chunk::Finish]).collect()),
            // A status is an answer without a stream; the others are in what the chunks say.
            Fault::Status(_)
            | Fault::HugeEvent { .. }
            | Fault::NoUsage
            | Fault::WrongUsage { .. }
            | Fault::ContentType(_)
            | Fault::Refusal => resume(0, Vec::new()),
        }
    }
}

fn marker<const N: usize>(chunks: [Chunk; N]) -> impl Iterator<Item = Part> {
    chunks.into_iter().map(Part::from)
}

fn closing(shape: Shape) -> impl Iterator<Item = Part> {
    let hold = shape.hold.then_some(Step::Hang(Finish::Completed));
    marker([Chunk::Finish, Chunk::End]).chain(hold.map(Part::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The steps as letters: Open, tokens, Finish, End, flush `|`, error `!`, garbage `?`, line `"`, filling `*`, wait `_`,
    /// hang `~`, reset `x`. An endless filling is cut.
    fn steps(shape: Shape, fault: Option<&Fault>) -> String {
        Program::new(shape, fault).take(20).map(|step| letters(&step)).collect()
    }

    fn shape() -> Shape {
        Shape { tokens: 4, bundle: 1, ttft: Duration::from_millis(5), hold: false }
    }

    fn letters(step: &Step) -> String {
        match step {
            Step::Send(Chunk::Tokens(tokens)) => {
                let digits = tokens.clone().map(|token| token.to_string());
                if tokens.len() == 1 { digits.collect() } else { format!("({})", digits.collect::<String>()) }
            }
            Step::Send(Chunk::Open) => "O".into(),
            Step::Send(Chunk::Finish) => "F".into(),
            Step::Send(Chunk::End) => "E".into(),
            Step::Send(Chunk::NonJson) => "?".into(),
            Step::Send(Chunk::LineStart) => "\"".into(),
            Step::Send(Chunk::Fill(..)) => "*".into(),
            Step::Send(Chunk::ErrorEvent(_) | Chunk::ErrorObject(_)) => "!".into(),
            Step::Flush => "|".into(),
            Step::Until(_) | Step::Pause(_) => "_".into(),
            Step::Hang(_) => "~".into(),
            Step::Reset => "x".into(),
        }
    }

    #[test]
    fn a_stream_opens_has_its_tokens_and_closes() {
        assert_eq!(steps(shape(), None), "O|0123FE");
        assert_eq!(steps(Shape { hold: true, ..shape() }, None), "O|0123FE~");
    }

    #[test]
    fn tokens_of_one_event_are_one_step_unless_a_fault_comes_between() {
        let shape = Shape { bundle: 3, ..shape() };
        assert_eq!(steps(shape, None), "O|(012)3FE");
        assert_eq!(steps(shape, Some(&Fault::NonJson { after: 1 })), "O|0?(12)3FE");
        assert_eq!(steps(Shape { bundle: u32::MAX, ..shape }, None), "O|(0123)FE");
    }

    #[test]
    fn each_fault_edits_the_steps_in_its_place() {
        let pause = Some(Duration::from_millis(1));
        let message = String::new();
        let three_fillings = 2 * FILLING + 1;
        let expected = [
            (Fault::ErrorEvent { after: 2, message: message.clone() }, "O|01!"),
            (Fault::ErrorUnder200 { after: 2, message }, "O|01!"),
            (Fault::Truncate { after: 2 }, "O|01"),
            (Fault::Truncate { after: 9 }, "O|0123"),
            (Fault::Reset { after: 2 }, "O|01|x"),
            (Fault::Stall { after: 2, pause: None }, "O|01~"),
            (Fault::Stall { after: 2, pause }, "O|01_23FE"),
            (Fault::Stall { after: 9, pause }, "O|0123_FE"),
            (Fault::NonJson { after: 2 }, "O|01?23FE"),
            (Fault::Empty, "O|_FE"),
            (Fault::EndlessLine { after: 1 }, "O|0\"****************"),
            (Fault::EndlessEvents { after: 1 }, "O|0*****************"),
            (Fault::EndlessComments { after: 0 }, "O|******************"),
            (Fault::AfterEnd { bytes: three_fillings }, "O|0123FE***"),
            (Fault::AfterEnd { bytes: 0 }, "O|0123FE"),
            (Fault::GzipBomb { bytes: three_fillings }, "O|\"***"),
            (Fault::DoneWithoutFinish, "O|0123E"),
            (Fault::FinishWithoutDone, "O|0123F"),
            (Fault::HugeEvent { bytes: 1 }, "O|0123FE"),
            (Fault::NoUsage, "O|0123FE"),
            (Fault::WrongUsage { off_by: 1 }, "O|0123FE"),
            (Fault::ContentType(String::new()), "O|0123FE"),
            (Fault::Refusal, "O|0123FE"),
        ];
        for (fault, steps_of_fault) in expected {
            assert_eq!(steps(shape(), Some(&fault)), steps_of_fault, "{fault:?}");
        }
    }

    #[test]
    fn a_filling_has_its_bytes() {
        let fault = Fault::AfterEnd { bytes: FILLING + 7 };
        let bytes = Program::new(shape(), Some(&fault)).filter_map(|step| match step {
            Step::Send(Chunk::Fill(Filler::Line, bytes)) => Some(bytes),
            _ => None,
        });
        assert_eq!(bytes.collect::<Vec<_>>(), [FILLING, 7]);
    }
}

//! The steps of one stream. A fault is an edit of them.

use std::collections::VecDeque;
use std::time::Duration;

use super::dialect::{Chunk, Dialect};
use super::fault::Fault;
use super::log::Finish;

/// What a stream is made of, before a fault.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape<'a> {
    pub(super) dialect: &'a Dialect,
    pub(super) tokens: u32,
    pub(super) ttft: Duration,
    pub(super) include_usage: bool,
    pub(super) hold: bool,
}

/// The next thing that a stream does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Send a chunk: a token when it is due, any other at once.
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
    Tokens { next: u32, end: u32 },
}

impl Program {
    pub(super) fn new(shape: Shape<'_>, fault: Option<&Fault>) -> Self {
        Self(parts(shape, fault).into())
    }
}

impl Iterator for Program {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        loop {
            match self.0.front_mut()? {
                Part::Tokens { next, end } if *next < *end => {
                    let token = *next;
                    *next += 1;
                    return Some(Step::Send(Chunk::Token(token)));
                }
                Part::Tokens { .. } => drop(self.0.pop_front()),
                Part::Step(step) => {
                    let step = step.clone();
                    self.0.pop_front();
                    return Some(step);
                }
            }
        }
    }
}

fn parts(shape: Shape<'_>, fault: Option<&Fault>) -> Vec<Part> {
    let edit = Edit::of(fault, shape);
    let mut parts = opening(shape.dialect);
    parts.push(Part::Tokens { next: 0, end: edit.after.min(shape.tokens) });
    parts.extend(edit.insert.into_iter().map(Part::Step));
    if edit.resume {
        parts.push(Part::Tokens { next: edit.after, end: shape.tokens });
        parts.extend(closing(shape).into_iter().map(Part::Step));
    }
    parts
}

/// What a fault does to a stream: after so many tokens it inserts steps, and then the rest follows or not.
struct Edit {
    after: u32,
    insert: Vec<Step>,
    resume: bool,
}

impl Edit {
    fn of(fault: Option<&Fault>, shape: Shape<'_>) -> Self {
        let resume = |after, insert| Self { after, insert, resume: true };
        let end = |after, insert| Self { after, insert, resume: false };
        match fault {
            // A status is an answer without a stream.
            None | Some(Fault::Status { .. }) => resume(0, Vec::new()),
            Some(Fault::Truncate { after }) => end(*after, Vec::new()),
            Some(Fault::ErrorEvent { after, message }) => {
                end(*after, vec![Step::Send(Chunk::ErrorEvent(message.clone()))])
            }
            Some(Fault::ErrorUnder200 { after, message }) => {
                let error = Step::Send(Chunk::ErrorObject(message.clone()));
                end(*after, vec![error, Step::Send(Chunk::Done)])
            }
            Some(Fault::Reset { after }) => end(*after, vec![Step::Flush, Step::Reset]),
            Some(Fault::Stall { after, pause: None }) => end(*after, vec![Step::Hang(Finish::Faulted)]),
            Some(Fault::Stall { after, pause: Some(pause) }) => resume(*after, vec![Step::Pause(*pause)]),
            Some(Fault::NonJson { after }) => resume(*after, vec![Step::Send(Chunk::NonJson)]),
            Some(Fault::Empty) => end(0, [Step::Until(shape.ttft)].into_iter().chain(closing(shape)).collect()),
        }
    }
}

fn opening(dialect: &Dialect) -> Vec<Part> {
    match dialect {
        Dialect::OpenAiChat => vec![Part::Step(Step::Send(Chunk::Role)), Part::Step(Step::Flush)],
        Dialect::Append | Dialect::Events(_) => Vec::new(),
    }
}

fn closing(shape: Shape<'_>) -> Vec<Step> {
    let chunks = match shape.dialect {
        Dialect::OpenAiChat if shape.include_usage => vec![Chunk::Finish, Chunk::Usage, Chunk::Done],
        Dialect::OpenAiChat => vec![Chunk::Finish, Chunk::Done],
        Dialect::Append => vec![Chunk::Done],
        Dialect::Events(_) => Vec::new(),
    };
    let hold = shape.hold.then_some(Step::Hang(Finish::Completed));
    chunks.into_iter().map(Step::Send).chain(hold).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The steps as letters: Role, token, Finish, Usage, Done, flush `|`, error `!`, garbage `?`, wait `_`, hang `~`, reset `x`.
    fn steps(dialect: &Dialect, hold: bool, fault: Option<&Fault>) -> String {
        let shape = Shape { dialect, tokens: 4, ttft: Duration::from_millis(5), include_usage: true, hold };
        Program::new(shape, fault).map(|step| letter(&step)).collect()
    }

    fn letter(step: &Step) -> char {
        match step {
            Step::Send(Chunk::Token(token)) => char::from_digit(*token, 10).expect("a digit"),
            Step::Send(Chunk::Role) => 'R',
            Step::Send(Chunk::Finish) => 'F',
            Step::Send(Chunk::Usage) => 'U',
            Step::Send(Chunk::Done) => 'D',
            Step::Send(Chunk::NonJson) => '?',
            Step::Send(_) => '!',
            Step::Flush => '|',
            Step::Until(_) | Step::Pause(_) => '_',
            Step::Hang(_) => '~',
            Step::Reset => 'x',
        }
    }

    #[test]
    fn each_dialect_opens_and_closes_in_its_way() {
        let raw = Dialect::events(["a", "b", "c", "d"]);
        assert_eq!(steps(&Dialect::OpenAiChat, false, None), "R|0123FUD");
        assert_eq!(steps(&Dialect::Append, false, None), "0123D");
        assert_eq!(steps(&raw, false, None), "0123");
        assert_eq!(steps(&raw, true, None), "0123~");
    }

    #[test]
    fn each_fault_edits_the_steps_in_its_place() {
        let pause = Some(Duration::from_millis(1));
        let message = String::new();
        let expected = [
            (Fault::ErrorEvent { after: 2, message: message.clone() }, "R|01!"),
            (Fault::ErrorUnder200 { after: 2, message }, "R|01!D"),
            (Fault::Truncate { after: 2 }, "R|01"),
            (Fault::Truncate { after: 9 }, "R|0123"),
            (Fault::Reset { after: 2 }, "R|01|x"),
            (Fault::Stall { after: 2, pause: None }, "R|01~"),
            (Fault::Stall { after: 2, pause }, "R|01_23FUD"),
            (Fault::Stall { after: 9, pause }, "R|0123_FUD"),
            (Fault::NonJson { after: 2 }, "R|01?23FUD"),
            (Fault::Empty, "R|_FUD"),
        ];
        for (fault, steps_of_fault) in expected {
            assert_eq!(steps(&Dialect::OpenAiChat, false, Some(&fault)), steps_of_fault, "{fault:?}");
        }
    }
}

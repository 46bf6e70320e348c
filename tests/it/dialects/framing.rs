//! What changes how a stream arrives, and nothing of what it says.

use sse_load::mock::{LineEnd, Script};
use sse_load::prelude::*;

use super::asking::{Ask, ask_all};
use super::picture::Picture;
use super::spoken::ALL;

/// A framing, and what makes it.
type Framing = (&'static str, fn(Script) -> Script);

const FRAMINGS: [Framing; 9] = [
    ("as the server does it", |script| script),
    ("LF", |script| script.line_end(LineEnd::Lf)),
    ("CRLF", |script| script.line_end(LineEnd::CrLf)),
    ("CR", |script| script.line_end(LineEnd::Cr)),
    ("BOM", |script| script.bom(true)),
    ("pings", |script| script.ping_every(ms(1)).ttft(ms(3)).inter_token(ms(3))),
    ("single bytes", |script| script.split_writes(1)),
    ("gzip", |script| script.gzip(true)),
    ("all of them", |script| {
        script.line_end(LineEnd::CrLf).bom(true).gzip(true).split_writes(1).ping_every(ms(1)).inter_token(ms(3))
    }),
];

#[test]
fn no_framing_changes_what_a_dialect_says() {
    let script = || Script::new().tokens(3).reasoning(1).choices(2).tool_call("weather");
    let asks =
        FRAMINGS.iter().flat_map(|(name, framed)| ALL.iter().map(|spoken| Ask::new(spoken, name, framed(script()))));
    let (report, told) = ask_all("framing", &asks.collect::<Vec<_>>(), Connections::per_user().gzip());
    assert_eq!(report.total().failures(), 0, "{report}");
    let pictures: Vec<_> = told.iter().map(|told| Picture::of(told.reply())).collect();
    let plain = told.len() / FRAMINGS.len();
    for (at, told) in told.iter().enumerate() {
        assert_eq!(pictures[at], pictures[at % plain], "{}", told.what());
    }
}

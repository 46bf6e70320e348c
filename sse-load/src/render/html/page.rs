//! What every page has: one file that loads nothing, with its colours and its script.

use maud::{DOCTYPE, Markup, PreEscaped, html};

/// Nothing is loaded from anywhere, and nothing is sent.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// A page with its parts.
pub(super) struct Page<'a> {
    /// What was run.
    pub(super) name: &'a str,
    /// What the page is, for its title.
    pub(super) kind: &'a str,
    /// What stands under the name, a line each.
    pub(super) lines: &'a [String],
    pub(super) content: Markup,
    pub(super) footer: String,
}

impl Page<'_> {
    pub(super) fn html(&self) -> String {
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy" content=(POLICY);
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (self.name) " – " (self.kind) }
                    style { (PreEscaped(include_str!("report.css"))) }
                }
                body {
                    (self.header())
                    main { (self.content) }
                    footer { p { (self.footer) } }
                    script { (PreEscaped(include_str!("report.js"))) }
                }
            }
        }
        .into_string()
    }

    fn header(&self) -> Markup {
        html! {
            header {
                div {
                    h1 { (self.name) }
                    @for line in self.lines { p { (line) } }
                }
                button #theme type="button" hidden { "Dark or light" }
            }
        }
    }
}

//! The names that generated code uses and those that it recognises.

use std::fmt;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::quote;
use syn::Path;

/// What stands in the parentheses of a helper attribute that `#[sse_user]` has read. The attribute stays in the code,
/// so that its import stays used and an editor still knows it.
pub(crate) const SEEN: &str = "__sse_user";

/// An attribute that has its meaning from the `#[sse_user]` around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Helper {
    Task,
    OnStart,
    OnStop,
}

impl Helper {
    const ALL: [Self; 3] = [Self::Task, Self::OnStart, Self::OnStop];

    fn name(self) -> &'static str {
        match self {
            Self::Task => "task",
            Self::OnStart => "on_start",
            Self::OnStop => "on_stop",
        }
    }

    /// The helper that a path means, by its last word: `task`, `sse_load::task`, `prelude::task`.
    pub(crate) fn named(path: &Path) -> Option<Self> {
        let last = &path.segments.last()?.ident;
        Self::ALL.into_iter().find(|helper| last == helper.name())
    }

    /// How its function is written, for messages.
    pub(crate) fn form(self) -> &'static str {
        match self {
            Self::Task => "async fn name(ctx: &mut Context) -> TaskResult",
            Self::OnStart => "async fn new(ctx: &mut Context) -> Result<Self, TaskError>",
            Self::OnStop => "async fn stop(&mut self, ctx: &mut Context) -> TaskResult",
        }
    }
}

impl fmt::Display for Helper {
    /// As it stands in messages: `` `#[task]` ``.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`#[{}]`", self.name())
    }
}

/// The library's path where no `crate = ..` says another.
pub(crate) fn library() -> TokenStream {
    quote!(::sse_load)
}

/// A name that messages and editors show where the user wrote it, while it resolves as in a macro: its span never makes
/// a lint believe that the user wrote what the macro did.
pub(crate) fn shown(ident: &Ident) -> Ident {
    let mut shown = ident.clone();
    shown.set_span(Span::mixed_site().located_at(ident.span()));
    shown
}

/// A path that is shown where `ident` stands; it resolves where it did.
pub(crate) fn shown_at(ident: &Ident, path: &TokenStream) -> TokenStream {
    let shown = |mut token: TokenTree| {
        token.set_span(token.span().located_at(ident.span()));
        token
    };
    path.clone().into_iter().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_helper_is_known_by_its_last_word() {
        let named = |path: &str| syn::parse_str::<Path>(path).ok().and_then(|path| Helper::named(&path));
        assert_eq!(named("task"), Some(Helper::Task));
        assert_eq!(named("::sse_load::on_start"), Some(Helper::OnStart));
        assert_eq!(named("prelude::on_stop"), Some(Helper::OnStop));
        assert_eq!(named("task::other"), None);
        assert_eq!(named("inline"), None);
    }
}

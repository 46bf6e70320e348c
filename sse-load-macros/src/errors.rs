//! Errors are collected, not returned at the first one: one compile shows them all.

use std::fmt::Display;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Error, Result};

/// The errors of one expansion, in the order in which they were found.
#[derive(Default)]
pub(crate) struct Errors(Option<Error>);

impl Errors {
    pub(crate) fn push(&mut self, error: Error) {
        match &mut self.0 {
            Some(first) => first.combine(error),
            None => self.0 = Some(error),
        }
    }

    /// Adds an error that points at `tokens`.
    pub(crate) fn at(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.push(Error::new_spanned(tokens, message));
    }

    /// The value of a result; its error is kept here.
    pub(crate) fn take<T>(&mut self, result: Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }
}

impl ToTokens for Errors {
    /// One `compile_error!` for each error, or nothing.
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(self.0.as_ref().map(Error::to_compile_error));
    }
}

/// `: did you mean ..?` for a misspelt word, or nothing when no legal word is near.
pub(crate) fn suggestion(word: &str, legal: &[&str]) -> String {
    let nearest =
        legal.iter().map(|candidate| (strsim::damerau_levenshtein(&word.to_lowercase(), candidate), candidate)).min();
    match nearest {
        // A third of the letters may be wrong, as in rustc's own suggestions.
        Some((distance, candidate)) if distance <= candidate.len().max(3) / 3 => {
            format!(": did you mean `{candidate}`?")
        }
        _ => String::new(),
    }
}

/// ``"`a`, `b`, `c`"``.
pub(crate) fn listed(words: &[&str]) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    quoted.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proc_macro2::Span;
    use quote::quote;

    #[test]
    fn a_near_word_is_suggested_and_a_far_one_is_not() {
        let legal = ["host", "wait_time", "weight"];
        assert_eq!(suggestion("hots", &legal), ": did you mean `host`?");
        assert_eq!(suggestion("waittime", &legal), ": did you mean `wait_time`?");
        assert_eq!(suggestion("Weight", &legal), ": did you mean `weight`?");
        assert_eq!(suggestion("users", &legal), "");
    }

    #[test]
    fn every_error_becomes_a_compile_error() {
        let mut errors = Errors::default();
        assert!(errors.is_empty());
        errors.at(quote!(a), "one");
        assert_eq!(errors.take::<()>(Err(Error::new(Span::call_site(), "two"))), None);
        assert_eq!(errors.take(Ok(3)), Some(3));
        assert_eq!(errors.to_token_stream().to_string().matches("compile_error").count(), 2);
    }
}

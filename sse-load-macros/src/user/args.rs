//! The options of `#[sse_user]` and `#[task]`. An option with a fault is left out and its error kept; reading goes on.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Error, Expr, ExprLit, Ident, Lit, LitStr, Path, Result, Token};

use crate::errors::{Errors, listed, suggestion};

/// What stands in `#[sse_user(..)]`.
#[derive(Default)]
pub(super) struct UserOptions {
    pub(super) host: Option<Expr>,
    pub(super) wait_time: Option<Expr>,
    /// `tasks`, how they follow each other: one of [`ORDERS`].
    pub(super) order: Option<Ident>,
    pub(super) weight: Option<u32>,
    pub(super) fixed_count: Option<u32>,
    /// `crate`, the library's path.
    pub(super) library: Option<TokenStream>,
}

/// What stands in `#[task(..)]`.
#[derive(Default)]
pub(super) struct TaskOptions {
    pub(super) weight: Option<u32>,
    pub(super) name: Option<LitStr>,
    pub(super) tags: Vec<LitStr>,
}

/// An option's name, and a value for messages.
type Legal = [(&'static str, &'static str)];

impl UserOptions {
    const LEGAL: [(&str, &str); 6] = [
        ("host", r#""http://127.0.0.1:8080""#),
        ("wait_time", "between(ms(500), secs(2))"),
        ("tasks", "in_order"),
        ("weight", "3"),
        ("fixed_count", "1"),
        ("crate", "::sse_load"),
    ];

    pub(super) fn parse(args: TokenStream, errors: &mut Errors) -> Self {
        let mut options = Self::default();
        read("sse_user", &Self::LEGAL, args, errors, &mut |name, input, errors| {
            match name {
                "host" => options.host = Some(expression(input)?),
                "wait_time" => options.wait_time = Some(expression(input)?),
                "tasks" => options.order = Some(order(input)?),
                "weight" => options.weight = Some(count(name, input)?),
                "fixed_count" => options.fixed_count = Some(count(name, input)?),
                _ => options.library = Some(library(input, errors)?),
            }
            Ok(())
        });
        options
    }
}

impl TaskOptions {
    const LEGAL: [(&str, &str); 3] = [("weight", "3"), ("name", r#""chat""#), ("tags", r#"["chat"]"#)];

    pub(super) fn parse(args: TokenStream, errors: &mut Errors) -> Self {
        let mut options = Self::default();
        read("task", &Self::LEGAL, args, errors, &mut |name, input, errors| {
            match name {
                "weight" => options.weight = Some(count(name, input)?),
                "name" => options.name = Some(task_name(input)?),
                _ => options.tags = tags(input, errors)?,
            }
            Ok(())
        });
        options
    }
}

/// Sets one option from the value that comes next.
type Set<'a> = dyn FnMut(&str, ParseStream, &mut Errors) -> Result<()> + 'a;

/// Reads `name = value, ..`.
fn read(attribute: &str, legal: &Legal, args: TokenStream, errors: &mut Errors, set: &mut Set) {
    let options = |input: ParseStream| {
        let mut seen = Vec::new();
        while !input.is_empty() {
            let result = option(attribute, legal, &mut seen, input)
                .and_then(|name| set(&name, input, errors))
                .and_then(|()| end_of_option(input));
            errors.take(result);
            skip_option(input)?;
        }
        Ok(())
    };
    let result = options.parse2(args);
    errors.take(result);
}

/// Reads `name =` and checks that a value follows.
fn option(attribute: &str, legal: &Legal, seen: &mut Vec<String>, input: ParseStream) -> Result<String> {
    let words: Vec<_> = legal.iter().map(|(word, _)| *word).collect();
    if !input.peek(Ident::peek_any) {
        return Err(input.error(format!("expected an option of `#[{attribute}]`: {}", listed(&words))));
    }
    let ident = input.call(Ident::parse_any)?;
    let name = ident.unraw().to_string();
    let Some((_, example)) = legal.iter().find(|(word, _)| name == *word) else {
        let near = suggestion(&name, &words);
        let all = listed(&words);
        return Err(Error::new_spanned(
            ident,
            format!("`#[{attribute}]` has no option `{name}`{near}\nits options are {all}"),
        ));
    };
    if seen.contains(&name) {
        return Err(Error::new_spanned(ident, format!("`{name}` is given twice: remove one of them")));
    }
    seen.push(name.clone());
    let value_follows = input.parse::<Option<Token![=]>>()?.is_some() && !input.is_empty() && !input.peek(Token![,]);
    if !value_follows {
        return Err(Error::new_spanned(ident, format!("`{name}` needs a value: `{name} = {example}`")));
    }
    Ok(name)
}

fn end_of_option(input: ParseStream) -> Result<()> {
    if input.is_empty() || input.peek(Token![,]) {
        return Ok(());
    }
    Err(input.error("expected `,` between two options"))
}

/// Goes past the next comma.
fn skip_option(input: ParseStream) -> Result<()> {
    while !input.is_empty() && input.parse::<Option<Token![,]>>()?.is_none() {
        input.parse::<TokenTree>()?;
    }
    Ok(())
}

/// A value; one that ends too early has no token to show, so its first one is shown.
fn expression(input: ParseStream) -> Result<Expr> {
    let first = input.span();
    input.parse().map_err(|error: Error| {
        if input.is_empty() { Error::new(first, format!("this value is not complete: {error}")) } else { error }
    })
}

/// A number from 1.
fn count(name: &str, input: ParseStream) -> Result<u32> {
    let value = expression(input)?;
    let Some(Lit::Int(number)) = literal(&value) else {
        let message = format!("`{name}` must be an integer literal of at least 1, for example `{name} = 3`");
        return Err(Error::new_spanned(value, message));
    };
    match number.base10_parse() {
        Ok(0) => Err(Error::new_spanned(number, format!("`{name}` must be at least 1"))),
        Ok(n) => Ok(n),
        Err(_) => Err(Error::new_spanned(number, format!("`{name}` must be at most {}", u32::MAX))),
    }
}

/// How tasks may follow each other; the library has a function of each name.
const ORDERS: [&str; 2] = ["by_weight", "in_order"];

fn order(input: ParseStream) -> Result<Ident> {
    let value = expression(input)?;
    let word = match ungrouped(&value) {
        Expr::Path(path) => path.path.get_ident(),
        _ => None,
    };
    if let Some(word) = word.filter(|word| ORDERS.contains(&word.unraw().to_string().as_str())) {
        return Ok(word.clone());
    }
    let near = suggestion(value.to_token_stream().to_string().trim_matches('"'), &ORDERS);
    let message = format!("`tasks` is one of the words {}{near}", listed(&ORDERS));
    Err(Error::new_spanned(value, message))
}

fn task_name(input: ParseStream) -> Result<LitStr> {
    let value = expression(input)?;
    match literal(&value) {
        Some(Lit::Str(name)) if !name.value().trim().is_empty() => Ok(owned(name)),
        _ => Err(Error::new_spanned(value, "`name` must be a string literal that isn't empty: `name = \"chat\"`")),
    }
}

fn tags(input: ParseStream, errors: &mut Errors) -> Result<Vec<LitStr>> {
    let value = expression(input)?;
    let Expr::Array(array) = ungrouped(&value) else {
        return Err(Error::new_spanned(value, "`tags` must be an array of string literals: `tags = [\"chat\"]`"));
    };
    let mut tags = Vec::new();
    for element in &array.elems {
        match literal(element) {
            Some(Lit::Str(tag)) => tags.push(owned(tag)),
            _ => errors.at(element, "a tag must be a string literal"),
        }
    }
    Ok(tags)
}

/// A path that means the same wherever the code stands. One that doesn't is an error, but is used with `::` in front,
/// so that nothing else fails for it.
fn library(input: ParseStream, errors: &mut Errors) -> Result<TokenStream> {
    let path = input.call(Path::parse_mod_style)?;
    let first = path.segments.first().map(|segment| segment.ident.to_string()).unwrap_or_default();
    if path.leading_colon.is_some() || first == "crate" || first == "$crate" {
        return Ok(path.into_token_stream());
    }
    let spelled = path.to_token_stream().to_string().replace(' ', "");
    let message = if first == "self" || first == "super" {
        format!("`crate` needs an absolute path: `{spelled}` depends on the module, write it from `crate::`")
    } else {
        format!(
            "`crate` needs an absolute path: write `::{spelled}` for a crate, `crate::{spelled}` for a module of this one"
        )
    };
    errors.at(&path, message);
    let colons = (first != "self" && first != "super").then(<Token![::]>::default);
    Ok(quote::quote!(#colons #path))
}

/// A copy; `syn` derives none without a feature that costs build time.
fn owned(text: &LitStr) -> LitStr {
    LitStr::new(&text.value(), text.span())
}

fn literal(value: &Expr) -> Option<&Lit> {
    match ungrouped(value) {
        Expr::Lit(ExprLit { lit, .. }) => Some(lit),
        _ => None,
    }
}

/// An expression out of the invisible group that a `macro_rules!` variable puts around it.
fn ungrouped(mut value: &Expr) -> &Expr {
    while let Expr::Group(group) = value {
        value = &group.expr;
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    fn messages(errors: &Errors) -> String {
        errors.to_token_stream().to_string()
    }

    fn user(args: TokenStream) -> (UserOptions, String) {
        let mut errors = Errors::default();
        let options = UserOptions::parse(args, &mut errors);
        (options, messages(&errors))
    }

    fn task(args: TokenStream) -> (TaskOptions, String) {
        let mut errors = Errors::default();
        let options = TaskOptions::parse(args, &mut errors);
        (options, messages(&errors))
    }

    #[test]
    fn every_user_option_is_read() {
        let (options, errors) = user(quote! {
            host = env_or::<A, B>("LLM_HOST", "x"), wait_time = between(ms(1), secs(2)), weight = 1_000u64,
            fixed_count = 2, tasks = in_order, crate = ::renamed,
        });
        assert_eq!(errors, "");
        assert_eq!(options.host.to_token_stream().to_string(), r#"env_or :: < A , B > ("LLM_HOST" , "x")"#);
        assert!(options.wait_time.is_some());
        assert_eq!(options.order.to_token_stream().to_string(), "in_order");
        assert_eq!((options.weight, options.fixed_count), (Some(1_000), Some(2)));
        assert_eq!(options.library.to_token_stream().to_string(), ":: renamed");
    }

    #[test]
    fn every_task_option_is_read() {
        let (options, errors) = task(quote!(weight = 3, name = "chat", tags = ["a", "b"]));
        assert_eq!(errors, "");
        assert_eq!(options.weight, Some(3));
        assert_eq!(options.name.map(|name| name.value()).as_deref(), Some("chat"));
        assert_eq!(options.tags.iter().map(LitStr::value).collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn a_misspelt_option_gets_a_suggestion_and_the_list() {
        let (_, errors) = user(quote!(hots = "x"));
        assert!(errors.contains("did you mean `host`?"), "{errors}");
        assert!(errors.contains("`host`, `wait_time`, `tasks`, `weight`, `fixed_count`, `crate`"), "{errors}");
        let (_, errors) = task(quote!(users = 3));
        assert!(!errors.contains("did you mean"), "{errors}");
    }

    #[test]
    fn all_errors_are_found_and_good_options_are_kept() {
        let (options, errors) =
            task(quote!(wieght = 3, weight = 0, "stray", name = "chat", name = "again", tags = [1, "a", 2] tags));
        assert_eq!(errors.matches("compile_error").count(), 7, "{errors}");
        assert_eq!(options.name.map(|name| name.value()).as_deref(), Some("chat"));
        assert_eq!(options.tags.len(), 1);
    }

    #[test]
    fn a_count_is_an_integer_from_one_to_what_u32_holds() {
        for (value, says) in [
            (quote!(0), "at least 1"),
            (quote!(-1), "integer literal"),
            (quote!(1.5), "integer literal"),
            (quote!(WEIGHT), "integer literal"),
            (quote!(4294967296), "at most 4294967295"),
        ] {
            let (options, errors) = user(quote!(weight = #value, host = "x"));
            assert!(errors.contains(says), "{value}: {errors}");
            assert!(options.weight.is_none() && options.host.is_some());
        }
    }

    #[test]
    fn an_order_is_one_of_two_bare_words() {
        for (value, says) in [
            (quote!(in_ordr), "did you mean `in_order`?"),
            (quote!(InOrder), "did you mean `in_order`?"),
            (quote!("by_weight"), "did you mean `by_weight`?"),
            (quote!(sequential), "one of the words `by_weight`, `in_order`\""),
            (quote!(load::in_order), "one of the words"),
            (quote!(in_order()), "one of the words"),
        ] {
            let (options, errors) = user(quote!(tasks = #value, host = "x"));
            assert!(errors.contains(says), "{value}: {errors}");
            assert!(options.order.is_none() && options.host.is_some());
        }
        assert_eq!(user(quote!(tasks = by_weight)).1, "");
    }

    #[test]
    fn an_option_without_a_value_shows_one() {
        for args in [quote!(host), quote!(host =), quote!(host("x")), quote!(host =, weight = 1)] {
            let (_, errors) = user(args);
            assert!(errors.contains("`host` needs a value: `host = "), "{errors}");
            assert_eq!(errors.matches("compile_error").count(), 1, "{errors}");
        }
    }

    #[test]
    fn a_relative_crate_path_is_refused_and_made_absolute() {
        let (options, errors) = user(quote!(crate = renamed));
        assert!(errors.contains("write `::renamed`"), "{errors}");
        assert_eq!(options.library.to_token_stream().to_string(), ":: renamed");
        let (_, errors) = user(quote!(crate = super::load));
        assert!(errors.contains("from `crate::`"), "{errors}");
        for path in [quote!(crate), quote!(crate::load), quote!(::sse_load)] {
            assert_eq!(user(quote!(crate = #path)).1, "");
        }
    }
}

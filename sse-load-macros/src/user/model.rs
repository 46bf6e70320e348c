//! A user class: which functions of the block are what. It points into the block, so that errors can show its tokens.

use proc_macro2::{Ident, TokenStream};
use syn::ext::IdentExt;
use syn::{Attribute, LitStr, Meta, Signature};

use super::args::{TaskOptions, UserOptions};
use super::parse::{Block, Item};
use crate::errors::Errors;
use crate::paths::{self, Helper};

/// What `#[sse_user]` makes code of.
pub(super) struct Class<'a> {
    pub(super) options: UserOptions,
    /// The struct is the user's own: a function has a receiver, or an `#[on_start]` makes it.
    pub(super) stateful: bool,
    pub(super) tasks: Vec<Task<'a>>,
    pub(super) starts: Vec<Function<'a>>,
    pub(super) stops: Vec<Function<'a>>,
}

/// A function with a helper attribute.
pub(super) struct Function<'a> {
    pub(super) helper: Helper,
    pub(super) attribute: &'a Attribute,
    pub(super) signature: &'a Signature,
    /// Its `#[cfg(..)]`s, which what is generated for it repeats.
    pub(super) conditions: Vec<&'a Attribute>,
}

/// A function with `#[task]`.
pub(super) struct Task<'a> {
    pub(super) function: Function<'a>,
    pub(super) options: TaskOptions,
}

impl<'a> Class<'a> {
    pub(super) fn collect(block: &'a Block, options: UserOptions, errors: &mut Errors) -> Self {
        let mut class = Self {
            options,
            stateful: block.items.iter().any(needs_state),
            tasks: Vec::new(),
            starts: Vec::new(),
            stops: Vec::new(),
        };
        for item in &block.items {
            if let Some(function) = Function::of(item, errors) {
                class.add(function, errors);
            }
        }
        class
    }

    fn add(&mut self, function: Function<'a>, errors: &mut Errors) {
        let args = arguments(function.attribute, errors);
        if function.helper == Helper::Task {
            let options = TaskOptions::parse(args, errors);
            self.tasks.push(Task { function, options });
            return;
        }
        if !args.is_empty() {
            errors.at(args, format!("{} takes no options", function.helper));
        }
        match function.helper {
            Helper::OnStart => self.starts.push(function),
            _ => self.stops.push(function),
        }
    }

    /// The library's path.
    pub(super) fn library(&self) -> TokenStream {
        self.options.library.clone().unwrap_or_else(paths::library)
    }
}

fn needs_state(item: &Item) -> bool {
    let receiver = item.signature.as_ref().and_then(Signature::receiver);
    receiver.is_some() || item.helpers().any(|(helper, _)| helper == Helper::OnStart)
}

impl<'a> Function<'a> {
    /// The function of an item that carries a helper attribute; what else carries one is an error.
    fn of(item: &'a Item, errors: &mut Errors) -> Option<Self> {
        let mut helpers = item.helpers();
        let (helper, attribute) = helpers.next()?;
        for (other, attribute) in helpers {
            errors.at(attribute, surplus(helper, other));
        }
        let Some(signature) = &item.signature else {
            errors.at(attribute, format!("{helper} goes on a function: `{}`", helper.form()));
            return None;
        };
        let conditions = item.attrs.iter().filter(|attr| attr.path().is_ident("cfg")).collect();
        Some(Self { helper, attribute, signature, conditions })
    }

    pub(super) fn ident(&self) -> &'a Ident {
        &self.signature.ident
    }
}

impl Task<'_> {
    /// The name in reports: the one given, or the function's.
    pub(super) fn name(&self) -> String {
        let ident = || self.function.ident().unraw().to_string();
        self.options.name.as_ref().map_or_else(ident, LitStr::value)
    }
}

fn surplus(first: Helper, other: Helper) -> String {
    if first == other {
        format!("{first} is given twice: remove one of them")
    } else {
        format!("a function can't be both {first} and {other}: remove one, or write two functions")
    }
}

/// What stands in the parentheses of a helper attribute; only `#[task]` may have something there.
fn arguments(attribute: &Attribute, errors: &mut Errors) -> TokenStream {
    match &attribute.meta {
        Meta::Path(_) => TokenStream::new(),
        Meta::List(list) => list.tokens.clone(),
        Meta::NameValue(pair) => {
            errors.at(pair, "options go in parentheses: `#[task(name = \"chat\")]`");
            TokenStream::new()
        }
    }
}

//! What must hold of a user class before code is made of it. Each check is on its own; all errors are found at once.

use proc_macro2::Ident;
use quote::ToTokens;
use syn::{Error, FnArg, GenericParam, Receiver, ReceiverKind, Signature, Type};

use super::model::{Class, Task};
use super::parse::{Block, Item};
use crate::errors::Errors;
use crate::paths::Helper;

/// Checks a class and its functions.
pub(super) fn class(block: &Block, class: &Class, name: Option<&Ident>, errors: &mut Errors) {
    let mut helpers = block.items.iter().flat_map(Item::helpers);
    if let (Some(name), false) = (name, helpers.any(|(helper, _)| helper == Helper::Task)) {
        errors.at(name, no_task(name));
    }
    for surplus in class.starts.iter().skip(1).chain(class.stops.iter().skip(1)) {
        let helper = surplus.helper;
        errors.at(surplus.attribute, format!("a user class has at most one {helper}: this is the second"));
    }
    for cfg in class.starts.iter().flat_map(|start| &start.conditions) {
        errors.at(cfg, "`#[on_start]` can't depend on a `#[cfg(..)]`: put the condition into its body");
    }
    duplicate_names(&class.tasks).for_each(|error| errors.push(error));
    let tasks = class.tasks.iter().map(|task| &task.function);
    for function in tasks.chain(&class.starts).chain(&class.stops) {
        check_signature(function.helper, function.signature, errors);
    }
}

fn no_task(name: &Ident) -> String {
    format!(
        "`{name}` has no task: put `#[task]` on an `{}`\n\
         functions that a `macro_rules!` call inside of the impl makes don't count: it is not expanded yet",
        Helper::Task.form()
    )
}

/// Two functions with one name of their own are left to rustc; those under a `#[cfg(..)]` may exclude each other.
fn duplicate_names<'a>(tasks: &'a [Task]) -> impl Iterator<Item = Error> + 'a {
    tasks.iter().enumerate().filter_map(|(index, task)| {
        let clashes = |earlier: &&Task| {
            earlier.name() == task.name()
                && earlier.function.ident() != task.function.ident()
                && (earlier.function.conditions.is_empty() || task.function.conditions.is_empty())
        };
        let earlier = tasks.get(..index)?.iter().find(clashes)?;
        let ident = || task.function.ident().to_token_stream();
        let place = task.options.name.as_ref().map_or_else(ident, ToTokens::to_token_stream);
        let message = format!(
            "a second task named `{}`: the function `{}` has that name already, and reports go by it",
            task.name(),
            earlier.function.ident()
        );
        Some(Error::new_spanned(place, message))
    })
}

fn check_signature(helper: Helper, signature: &Signature, errors: &mut Errors) {
    if signature.asyncness.is_none() {
        let message = format!("{helper} goes on an `async fn`: write `async fn {}`", signature.ident);
        errors.push(Error::new(signature.fn_token.span, message));
    }
    // Lifetimes may stay: every call infers them.
    let is_lifetime = |param: &&GenericParam| matches!(param, GenericParam::Lifetime(_));
    if let Some(generic) = signature.generics.params.iter().find(|it| !is_lifetime(it)) {
        errors.at(generic, format!("{helper} can't be on a generic function: nothing says what it is called with"));
    }
    if let Some(receiver) = signature.receiver() {
        check_receiver(helper, receiver, errors);
    }
    check_arguments(helper, signature, errors);
}

fn check_receiver(helper: Helper, receiver: &Receiver, errors: &mut Errors) {
    if helper == Helper::OnStart {
        let message = format!("{helper} makes the user, so it has no `self` yet: write `{}`", helper.form());
        errors.at(receiver, message);
    } else if !is_mut_self(receiver) {
        errors.at(receiver, format!("{helper} takes `&mut self`, or no `self` at all"));
    }
}

fn is_mut_self(receiver: &Receiver) -> bool {
    match &receiver.kind {
        ReceiverKind::Reference(_, _, mutability) => mutability.is_some(),
        ReceiverKind::Typed(_, ty) => is_mut_reference(ty),
        _ => false,
    }
}

/// Exactly one argument besides the receiver: the context.
fn check_arguments(helper: Helper, signature: &Signature, errors: &mut Errors) {
    let mut arguments = signature.inputs.iter().filter_map(|argument| match argument {
        FnArg::Receiver(_) => None,
        FnArg::Typed(typed) => Some(typed),
    });
    match arguments.next() {
        None => errors.push(Error::new(
            signature.paren_token.span.join(),
            format!("{helper} needs the context as its argument: `ctx: &mut Context`"),
        )),
        Some(context) if !may_be_context(&context.ty) => {
            errors.at(&context.ty, format!("the argument of {helper} is the context: `ctx: &mut Context`"));
        }
        Some(_) => {}
    }
    for surplus in arguments {
        let message = format!("{helper} takes the context and nothing else; what a user keeps goes into its struct");
        errors.at(surplus, message);
    }
}

/// Leaves to rustc what may be an alias of the right type.
fn may_be_context(ty: &Type) -> bool {
    match ty {
        Type::Group(group) => may_be_context(&group.elem),
        Type::Paren(paren) => may_be_context(&paren.elem),
        Type::Path(path) => path.path.segments.last().is_some_and(|last| last.ident != "Context"),
        Type::Macro(_) => true,
        _ => is_mut_reference(ty),
    }
}

fn is_mut_reference(ty: &Type) -> bool {
    match ty {
        Type::Group(group) => is_mut_reference(&group.elem),
        Type::Reference(reference) => reference.mutability.is_some(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::args::UserOptions;
    use super::*;

    const TASK: &str = "#[task] async fn a(ctx: &mut Context) {}";
    const START: &str = "#[on_start] async fn new(ctx: &mut Context) -> Result<Self, TaskError> { x }";

    /// The errors of a block with these items.
    fn errors_of(items: &str) -> Vec<String> {
        let mut errors = Errors::default();
        let block = format!("impl ChatUser {{ {items} }}").parse().map_err(Error::from);
        if let Some(block) = errors.take(block.and_then(Block::parse)) {
            let class = Class::collect(&block, UserOptions::default(), &mut errors);
            let name = errors.take(block.head.name());
            super::class(&block, &class, name, &mut errors);
        }
        let text = errors.to_token_stream().to_string();
        text.split("compile_error").skip(1).map(str::to_owned).collect()
    }

    #[test]
    fn each_fault_of_a_function_has_its_own_message() {
        for (items, says) in [
            ("#[task] fn a(ctx: &mut Context) {}", "write `async fn a`"),
            ("#[task] async fn a(&self, ctx: &mut Context) {}", "takes `&mut self`"),
            ("#[task] async fn a(self, ctx: &mut Context) {}", "takes `&mut self`"),
            ("#[task] async fn a() {}", "needs the context"),
            ("#[task] async fn a(ctx: &Context) {}", "is the context"),
            ("#[task] async fn a(ctx: Context) {}", "is the context"),
            ("#[task] async fn a(ctx: &mut Context, n: u8) {}", "and nothing else"),
            ("#[task] async fn a<T>(ctx: &mut Context) {}", "generic function"),
            ("#[task] async fn a<const N: u8>(ctx: &mut Context) {}", "generic function"),
            ("#[task] #[task] async fn a(ctx: &mut Context) {}", "given twice"),
            ("#[task] #[on_start] async fn a(ctx: &mut Context) {}", "can't be both"),
            ("#[task = 1] async fn a(ctx: &mut Context) {}", "in parentheses"),
            ("#[task] struct A;", "goes on a function"),
        ] {
            let errors = errors_of(items);
            assert!(errors.len() == 1 && errors[0].contains(says), "{items}: {errors:?}");
        }
    }

    #[test]
    fn each_fault_of_a_class_has_its_own_message() {
        let renamed = format!("{TASK} #[task(name = \"a\")] async fn b(ctx: &mut Context) {{}}");
        for (items, says) in [
            (String::new(), "has no task"),
            (format!("{TASK} {START} {START}"), "is the second"),
            (format!("{TASK} #[cfg(unix)] {START}"), "put the condition into"),
            (format!("{TASK} {}", START.replace("ctx", "&self, ctx")), "has no `self` yet"),
            (format!("{TASK} {}", START.replace("on_start", "on_start(x)")), "takes no options"),
            (renamed, "a second task named `a`"),
        ] {
            let errors = errors_of(&items);
            assert!(errors.len() == 1 && errors[0].contains(says), "{items}: {errors:?}");
        }
    }

    #[test]
    fn legal_forms_pass() {
        for items in [
            "#[task] async fn a<'a>(mut ctx: &'a mut Context) {}",
            "#[task] async fn a(self: &mut Self, _: &mut sse_load::Context) {}",
            "#[task] async fn a(&mut self, ctx: Alias<'_>) {}",
            "#[cfg(a)] #[task] async fn a(ctx: &mut Context) {}
             #[cfg(not(a))] #[task(name = \"a\")] async fn b(ctx: &mut Context) {}",
        ] {
            assert_eq!(errors_of(items), Vec::<String>::new());
        }
    }
}

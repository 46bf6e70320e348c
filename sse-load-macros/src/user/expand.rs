//! The code: the block as it was written, the struct where the user has none of its own, and one `impl User` that says
//! what the block holds. What is done with it is the library's part.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::Attribute;
use syn::ext::IdentExt;

use super::args::UserOptions;
use super::model::{Class, Function, Task};
use super::parse::Block;
use super::validate;
use crate::errors::Errors;
use crate::fallback;
use crate::paths::{shown, shown_at};

/// Expands `#[sse_user(args)] item`.
pub(crate) fn expand(args: TokenStream, item: &TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let options = UserOptions::parse(args, &mut errors);
    if let Some(block) = errors.take(Block::parse(item.clone())) {
        block_of_user(&block, options, errors)
    } else {
        quote!(#item #errors)
    }
}

fn block_of_user(block: &Block, options: UserOptions, mut errors: Errors) -> TokenStream {
    let class = Class::collect(block, options, &mut errors);
    let name = errors.take(block.head.name());
    validate::class(block, &class, name, &mut errors);

    let structure = name.filter(|_| !class.stateful).map(|name| structure(block, name));
    let item = block.marked(|attr| structure.is_some() && is_doc(attr));
    let implementation = name.map(|name| {
        if errors.is_empty() { implementation(&class, name) } else { fallback::implementation(name, &class.library()) }
    });
    quote!(#item #structure #implementation #errors)
}

fn is_doc(attr: &Attribute) -> bool {
    attr.path().is_ident("doc")
}

/// The struct of a user without state; the documentation of its block becomes its own.
fn structure(block: &Block, name: &Ident) -> TokenStream {
    let own: Vec<_> = block.attrs.iter().filter(|attr| is_doc(attr)).collect();
    let default = own.is_empty().then(|| quote!(#[doc = "A simulated user without state of its own."]));
    let name = shown(name);
    quote_spanned! {name.span()=>
        #(#own)*
        #default
        #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::default::Default, ::core::fmt::Debug)]
        pub struct #name;
    }
}

// Names of locals start with `__`: a constant of the user's with that name would be taken for a pattern.

fn implementation(class: &Class, name: &Ident) -> TokenStream {
    let library = class.library();
    let start = start(class, name, &library);
    let options = options(&class.options, &library);
    let tasks = class.tasks.iter().map(|it| task(it, &library));
    let stops = class.stops.iter().map(|it| stop(it, &library));
    let library = shown_at(name, &library);
    let (text, name) = (name.unraw().to_string(), shown(name));
    quote_spanned! {name.span()=>
        #[automatically_derived]
        impl #library::User for #name {
            fn definition() -> #library::__private::Definition<Self> {
                let __definition = #library::__private::Definition::new(#text, #start) #options;
                #(#tasks)*
                #(#stops)*
                __definition
            }
        }
    }
}

/// How a user is made: by its `#[on_start]`, or by `Default`.
fn start(class: &Class, name: &Ident, library: &TokenStream) -> TokenStream {
    let place = class.starts.first().map_or(name, Function::ident);
    let (library, shown) = (shown_at(place, library), shown(place));
    if class.starts.is_empty() {
        quote_spanned!(shown.span()=> |_| #library::__private::default_start::<Self>())
    } else {
        quote_spanned!(shown.span()=> |__ctx| #library::__private::start::<Self, _>(Self::#shown(__ctx)))
    }
}

fn options(options: &UserOptions, library: &TokenStream) -> TokenStream {
    let UserOptions { host, wait_time, order, weight, fixed_count, library: _ } = options;
    let mut tokens = TokenStream::new();
    tokens.extend(host.as_ref().map(|it| quote!(.host(|| #library::__private::host(#it)))));
    tokens.extend(wait_time.as_ref().map(|it| quote!(.wait_time(|| #library::__private::wait_time(#it)))));
    tokens.extend(order.as_ref().map(shown).map(|it| quote!(.order(#library::__private::#it()))));
    tokens.extend(weight.map(|n| quote!(.weight(#n))));
    tokens.extend(fixed_count.map(|n| quote!(.fixed_count(#n))));
    tokens
}

fn task(task: &Task, library: &TokenStream) -> TokenStream {
    let (function, ident) = (&task.function, task.function.ident());
    let (name, weight, run) = (task.name(), task.options.weight.unwrap_or(1), run(function, library));
    let tags = Some(&task.options.tags).filter(|tags| !tags.is_empty()).map(|tags| quote!(.tags(&[#(#tags),*])));
    // `line!()` is the line of the outermost macro call, unless it stands where the user could have written it.
    let location = quote_spanned!(ident.span()=> ::core::file!(), ::core::line!());
    let library = shown_at(ident, library);
    let conditions = &function.conditions;
    quote_spanned! {shown(ident).span()=>
        #(#conditions)*
        let __definition = __definition.task(
            #library::__private::TaskDefinition::new(
                #name,
                #weight,
                #library::__private::Location::new(#location),
                #run,
            )
            #tags
        );
    }
}

fn stop(function: &Function, library: &TokenStream) -> TokenStream {
    let run = run(function, library);
    let conditions = &function.conditions;
    quote_spanned! {shown(function.ident()).span()=>
        #(#conditions)*
        let __definition = __definition.on_stop(#run);
    }
}

/// A call of the user's function; what is wrong with its types is shown at the function's name.
fn run(function: &Function, library: &TokenStream) -> TokenStream {
    let (library, ident) = (shown_at(function.ident(), library), shown(function.ident()));
    if function.signature.receiver().is_some() {
        quote_spanned!(ident.span()=> |__user, __ctx| #library::__private::task(Self::#ident(__user, __ctx)))
    } else {
        quote_spanned!(ident.span()=> |_, __ctx| #library::__private::task(Self::#ident(__ctx)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The expansion, and how many errors it shows.
    fn expanded(args: TokenStream, item: &TokenStream) -> (String, usize) {
        let text = expand(args, item).to_string();
        let errors = text.matches("compile_error").count();
        (text, errors)
    }

    #[test]
    fn a_stateless_class_gets_its_struct_and_its_definition() {
        let (text, errors) = expanded(
            quote!(host = "http://h", tasks = in_order, weight = 2),
            &quote! {
                /// Chats.
                impl ChatUser {
                    #[task(weight = 3, tags = ["a"])]
                    async fn joke(ctx: &mut Context) {}
                }
            },
        );
        assert_eq!(errors, 0, "{text}");
        assert!(text.starts_with("impl ChatUser"), "the user's item comes first: {text}");
        for part in [
            r#"# [doc = r" Chats."] # [derive"#,
            "pub struct ChatUser ;",
            "impl :: sse_load :: User for ChatUser",
            r#"Definition :: new ("ChatUser" , | _ | :: sse_load :: __private :: default_start :: < Self > ())"#,
            r#". host (|| :: sse_load :: __private :: host ("http://h"))"#,
            ". order (:: sse_load :: __private :: in_order ())",
            ". weight (2u32)",
            r#"TaskDefinition :: new ("joke" , 3u32 ,"#,
            r#". tags (& ["a"])"#,
            "| _ , __ctx | :: sse_load :: __private :: task (Self :: joke (__ctx))",
        ] {
            assert!(text.contains(part), "`{part}` is missing in {text}");
        }
    }

    #[test]
    fn a_stateful_class_keeps_its_struct_and_its_docs() {
        let (text, errors) = expanded(
            quote!(),
            &quote! {
                /// Chats.
                impl ChatUser {
                    #[on_start] async fn new(ctx: &mut Context) -> Result<Self, TaskError> { Ok(Self) }
                    #[cfg(unix)] #[task] async fn r#type(&mut self, ctx: &mut Context) {}
                    #[on_stop] async fn bye(&mut self, ctx: &mut Context) {}
                }
            },
        );
        assert_eq!(errors, 0, "{text}");
        assert!(!text.contains("struct"), "{text}");
        for part in [
            "# [doc = r\" Chats.\"] impl ChatUser",
            "| __ctx | :: sse_load :: __private :: start :: < Self , _ > (Self :: new (__ctx))",
            "# [cfg (unix)] let __definition = __definition . task",
            r#"TaskDefinition :: new ("type" ,"#,
            "task (Self :: r#type (__user , __ctx))",
            "__definition . on_stop (| __user , __ctx | :: sse_load :: __private :: task (Self :: bye (__user , __ctx)))",
        ] {
            assert!(text.contains(part), "`{part}` is missing in {text}");
        }
    }

    #[test]
    fn many_errors_come_at_once_and_the_code_is_kept_with_a_fallback() {
        let (text, errors) = expanded(
            quote!(hots = "x", weight = 0),
            &quote! {
                impl ChatUser {
                    #[task(wieght = 3)] fn plain<T>(ctx: Context, more: u8) { half. }
                    #[task] #[on_stop] async fn two(ctx: &mut Context) {}
                    #[on_stop] async fn none() {}
                    #[on_stop(x)] async fn second(ctx: &mut Context) {}
                    #[task] const NAME: u8 = 3;
                }
            },
        );
        // Two options; one option, async, generic, context, surplus; two roles; no argument; options, second; a constant.
        assert_eq!(errors, 2 + 5 + 1 + 1 + 2 + 1, "{text}");
        for part in [
            "fn plain < T > (ctx : Context , more : u8) { half . }",
            "pub struct ChatUser ;",
            "impl :: sse_load :: User for ChatUser",
            "unreachable",
        ] {
            assert!(text.contains(part), "`{part}` is missing in {text}");
        }
        assert!(!text.contains("wieght = 3"), "the helper is marked: {text}");
    }

    #[test]
    fn a_wrong_item_is_given_back_untouched() {
        for item in [
            quote!(
                struct ChatUser;
            ),
            quote!(mod chat { half. }),
        ] {
            let (text, errors) = expanded(quote!(), &item);
            assert!(text.starts_with(&item.to_string()) && errors == 1, "{text}");
        }
    }

    #[test]
    fn a_block_that_names_no_class_gets_no_fallback() {
        for head in [
            quote!(Trait for ChatUser),
            quote!(<T> ChatUser<T>),
            quote!(ChatUser where u8: Copy),
            quote!(other::ChatUser),
        ] {
            let task = quote! { #[task] async fn a(ctx: &mut Context) {} };
            let (text, errors) = expanded(quote!(), &quote! { impl #head { #task } });
            assert!(text.contains("# [task (__sse_user)]") && !text.contains(":: User for"), "{text}");
            assert_eq!(errors, 1, "{text}");
        }
    }

    #[test]
    fn the_crate_option_moves_every_path() {
        let (text, errors) = expanded(
            quote!(crate = ::renamed, wait_time = ms(3)),
            &quote!(impl ChatUser { #[task] async fn a(ctx: &mut Context) {} }),
        );
        assert_eq!(errors, 0, "{text}");
        assert!(text.contains(":: renamed :: __private") && !text.contains("sse_load"), "{text}");
    }

    /// Words that mean something to the macro, in any order.
    fn words() -> impl Strategy<Value = String> {
        let word = prop::sample::select(vec![
            "#[task]",
            "#[task(weight = 0, name)]",
            "#[on_start]",
            "#[on_stop(x)]",
            "#[cfg(unix)]",
            "#[a = b]",
            "/// x\n",
            "pub",
            "async",
            "const",
            "unsafe",
            "fn",
            "a",
            "r#type",
            "self",
            "&mut self",
            "()",
            "(ctx: &mut Context)",
            "(ctx: , n)",
            "<T>",
            "->",
            "Self",
            "{ half. }",
            "{}",
            ";",
            "=",
            ",",
            "!",
            "'a",
            "1",
            "\"x\"",
            "impl",
            "for",
        ]);
        prop::collection::vec(word, 0..12).prop_map(|words| words.join(" "))
    }

    proptest! {
        #[test]
        fn no_block_makes_it_panic_or_lose_its_bodies(args in words(), items in words()) {
            let tokens = |text: String| text.parse().unwrap_or_default();
            let text = expand(tokens(args), &tokens(format!("impl ChatUser {{ {items} }}"))).to_string();
            prop_assert!(text.starts_with("impl ChatUser"), "{}", text);
            prop_assert_eq!(text.matches("{ half . }").count(), items.matches("{ half. }").count());
        }

        #[test]
        fn no_item_makes_it_panic_or_is_lost(item in words()) {
            // A doc comment may move from a block to its struct.
            let item: TokenStream = item.replace("/// x\n", "").parse().unwrap_or_default();
            let text = expand(TokenStream::new(), &item).to_string();
            prop_assert!(text.starts_with(&item.to_string()), "{}", text);
        }
    }
}

//! The `impl` block as parts. Bodies and everything else that the macro doesn't read stay the tokens that they were, so
//! that half-typed code goes through.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::parse::{Parse, ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{Attribute, Error, Generics, Path, Result, Signature, Token, Type, Visibility};

use crate::paths::{Helper, SEEN};

/// An `impl` block, taken apart.
pub(super) struct Block {
    pub(super) attrs: Vec<Attribute>,
    pub(super) head: Head,
    /// The head as it was written.
    head_tokens: TokenStream,
    inner_attrs: Vec<Attribute>,
    pub(super) items: Vec<Item>,
    /// The block's braces; its contents are `inner_attrs` and `items`.
    braces: Group,
}

/// From `impl` up to the brace.
pub(super) struct Head {
    generics: Generics,
    of_trait: Option<Token![for]>,
    self_type: Type,
}

/// An item of the block: attributes, and the rest as it was written.
pub(super) struct Item {
    pub(super) attrs: Vec<Attribute>,
    /// What the tokens say if they are a function.
    pub(super) signature: Option<Signature>,
    tokens: TokenStream,
}

impl Block {
    /// Takes an item apart; anything but an `impl` block is an error.
    pub(super) fn parse(item: TokenStream) -> Result<Self> {
        let whole = |input: ParseStream| Ok((input.call(Attribute::parse_outer)?, input.parse::<TokenStream>()?));
        let (attrs, rest) = whole.parse2(item)?;
        let mut head_tokens: Vec<TokenTree> = rest.into_iter().collect();
        match head_tokens.pop() {
            Some(TokenTree::Group(braces)) if braces.delimiter() == Delimiter::Brace && is_impl(&head_tokens) => {
                let head_tokens: TokenStream = head_tokens.into_iter().collect();
                let (inner_attrs, items) = contents.parse2(braces.stream())?;
                Ok(Self { attrs, head: syn::parse2(head_tokens.clone())?, head_tokens, inner_attrs, items, braces })
            }
            last => Err(no_impl(head_tokens.into_iter().chain(last).collect())),
        }
    }

    /// The block as it was written, with its helper attributes marked as seen and without those of its own attributes
    /// that `moved` names.
    pub(super) fn marked(&self, moved: impl Fn(&Attribute) -> bool) -> TokenStream {
        let mut inside = TokenStream::new();
        self.inner_attrs.iter().for_each(|attr| attr.to_tokens(&mut inside));
        for item in &self.items {
            item.attrs.iter().for_each(|attr| mark(attr, &mut inside));
            item.tokens.to_tokens(&mut inside);
        }
        let mut braces = Group::new(Delimiter::Brace, inside);
        braces.set_span(self.braces.span());
        let mut tokens = TokenStream::new();
        self.attrs.iter().filter(|attr| !moved(attr)).for_each(|attr| attr.to_tokens(&mut tokens));
        self.head_tokens.to_tokens(&mut tokens);
        braces.to_tokens(&mut tokens);
        tokens
    }
}

impl Head {
    /// The one word that names the user class.
    pub(super) fn name(&self) -> Result<&Ident> {
        if let Some(of_trait) = &self.of_trait {
            return Err(Error::new_spanned(
                of_trait,
                "`#[sse_user]` goes on an impl block of the user's own, not on that of a trait: write `impl ChatUser { .. }`",
            ));
        }
        if !self.generics.params.is_empty() || self.generics.where_clause.is_some() {
            let generics = &self.generics;
            let clause = &generics.where_clause;
            return Err(Error::new_spanned(
                if generics.params.is_empty() { clause.to_token_stream() } else { generics.to_token_stream() },
                "a user class can't be generic: write an impl block for each concrete type",
            ));
        }
        self.ident().ok_or_else(|| {
            Error::new_spanned(
                &self.self_type,
                "a user class is named by one word without path and generics: `impl ChatUser { .. }`",
            )
        })
    }

    fn ident(&self) -> Option<&Ident> {
        let mut named = &self.self_type;
        while let Type::Group(group) = named {
            named = &group.elem;
        }
        match named {
            Type::Path(path) if path.qself.is_none() => path.path.get_ident(),
            _ => None,
        }
    }
}

impl Parse for Head {
    fn parse(input: ParseStream) -> Result<Self> {
        input.parse::<Option<Token![unsafe]>>()?;
        input.parse::<Token![impl]>()?;
        let mut generics: Generics = input.parse()?;
        input.parse::<Option<Token![!]>>()?;
        let mut self_type: Type = input.parse()?;
        let of_trait: Option<Token![for]> = input.parse()?;
        if of_trait.is_some() {
            self_type = input.parse()?;
        }
        generics.where_clause = input.parse()?;
        Ok(Self { generics, of_trait, self_type })
    }
}

impl Item {
    /// The helper attributes that it carries.
    pub(super) fn helpers(&self) -> impl Iterator<Item = (Helper, &Attribute)> {
        self.attrs.iter().filter_map(|attr| Some((Helper::named(attr.path())?, attr)))
    }
}

impl Parse for Item {
    /// An item ends at its `;` or its `{}`. Where that is too early (braces within a type), the rest becomes an item of
    /// its own, which changes nothing in the output.
    fn parse(input: ParseStream) -> Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let signature = signature(&input.fork()).ok();
        let mut tokens = TokenStream::new();
        while !input.is_empty() {
            let token: TokenTree = input.parse()?;
            let last = match &token {
                TokenTree::Punct(punct) => punct.as_char() == ';',
                TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
                _ => false,
            };
            token.to_tokens(&mut tokens);
            if last {
                break;
            }
        }
        Ok(Self { attrs, signature, tokens })
    }
}

fn signature(input: ParseStream) -> Result<Signature> {
    input.parse::<Visibility>()?;
    input.parse()
}

fn contents(input: ParseStream) -> Result<(Vec<Attribute>, Vec<Item>)> {
    let inner_attrs = input.call(Attribute::parse_inner)?;
    let mut items = Vec::new();
    while !input.is_empty() {
        items.push(input.parse()?);
    }
    Ok((inner_attrs, items))
}

/// Writes an attribute; the options of a helper give way to the mark.
fn mark(attr: &Attribute, tokens: &mut TokenStream) {
    if Helper::named(attr.path()).is_none() {
        return attr.to_tokens(tokens);
    }
    let path: &Path = attr.path();
    let seen = Ident::new(SEEN, path.span());
    attr.pound_token.to_tokens(tokens);
    let span = attr.bracket_token.span.join();
    tokens.extend(quote_spanned!(span=> [#path(#seen)]));
}

fn is_impl(head: &[TokenTree]) -> bool {
    let first = head.iter().find(|token| !matches!(token, TokenTree::Ident(word) if word == "unsafe"));
    matches!(first, Some(TokenTree::Ident(word)) if word == "impl")
}

fn no_impl(item: TokenStream) -> Error {
    const KINDS: [(&str, &str); 10] = [
        ("struct", "a struct"),
        ("enum", "an enum"),
        ("union", "a union"),
        ("fn", "a function"),
        ("mod", "a module"),
        ("trait", "a trait"),
        ("type", "a type alias"),
        ("static", "a static"),
        ("use", "an import"),
        ("const", "a constant"),
    ];
    let keyword = item.clone().into_iter().find_map(|token| {
        let (_, kind) = KINDS.iter().find(|(word, _)| matches!(&token, TokenTree::Ident(ident) if ident == word))?;
        Some((token, *kind))
    });
    let (place, kind) = match keyword {
        Some((token, kind)) => (token.into_token_stream(), kind),
        None => (item, "this item"),
    };
    Error::new_spanned(
        place,
        format!(
            "`#[sse_user]` goes on an impl block, not on {kind}\n\n    #[sse_user]\n    impl ChatUser {{\n        \
             #[task]\n        {} {{ .. }}\n    }}",
            Helper::Task.form()
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    fn marked(item: TokenStream) -> String {
        Block::parse(item).map_or_else(|error| error.to_string(), |block| block.marked(|_| false).to_string())
    }

    #[test]
    fn half_typed_bodies_go_through_as_they_are() {
        let item = quote! {
            #[cfg(unix)]
            impl ChatUser {
                #![allow(unused)]
                const NAME: Thing = Thing { a: [1; { 2 }] };
                type Out = u8;
                pub(crate) async fn joke(ctx: &mut Context) -> TaskResult { ctx. ; let x = ; foo(a, ) }
                fn braces_in_the_type() -> Buffer<{ N + 1 }> { todo!(, ) }
                making! { tasks }
                making!(tasks);
                async fn half(ctx: ) { }
            }
        };
        assert_eq!(marked(item.clone()), item.to_string());
    }

    #[test]
    fn helpers_are_marked_and_nothing_else_changes() {
        let item = quote! {
            impl ChatUser {
                #[task(weight = 3)] #[inline] async fn a(ctx: &mut Context) {}
                #[sse_load::on_start] async fn b(ctx: &mut Context) {}
                #[on_stop = "x"] fn c() {}
            }
        };
        let expected = quote! {
            impl ChatUser {
                #[task(__sse_user)] #[inline] async fn a(ctx: &mut Context) {}
                #[sse_load::on_start(__sse_user)] async fn b(ctx: &mut Context) {}
                #[on_stop(__sse_user)] fn c() {}
            }
        };
        assert_eq!(marked(item), expected.to_string());
    }

    #[test]
    fn anything_but_an_impl_is_named_in_the_error() {
        for (item, kind) in [
            (
                quote!(
                    pub struct ChatUser;
                ),
                "not on a struct",
            ),
            (
                quote!(
                    pub async fn chat() {}
                ),
                "not on a function",
            ),
            (
                quote!(
                    #[doc = "x"]
                    mod chat {}
                ),
                "not on a module",
            ),
            (
                quote!(
                    enum Chat {}
                ),
                "not on an enum",
            ),
            (quote!(making! {}), "not on this item"),
            (quote!(), "not on this item"),
        ] {
            let error = marked(item);
            assert!(error.contains(kind), "{error}");
        }
    }
}

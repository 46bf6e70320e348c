//! Helper attributes as the compiler sees them: one that `#[sse_user]` has read, or a stray one.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::Error;

use crate::paths::{Helper, SEEN};

/// Gives the item back; a stray helper adds an error that says where it belongs.
pub(crate) fn expand(helper: Helper, args: &TokenStream, mut item: TokenStream) -> TokenStream {
    if args.to_string() != SEEN {
        Error::new(Span::call_site(), stray(helper)).to_compile_error().to_tokens(&mut item);
    }
    item
}

fn stray(helper: Helper) -> String {
    let attribute = helper.to_string().replace('`', "");
    let form = helper.form();
    format!(
        "{helper} has no `#[sse_user]` around it: it goes inside of an impl block\n\n    \
         #[sse_user]\n    impl ChatUser {{\n        {attribute}\n        {form} {{ .. }}\n    }}\n\n\
         an attribute that `cfg_attr` or a macro call inside of the block makes is not seen either"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    #[test]
    fn a_marked_helper_gives_the_item_back_unchanged() {
        let item = quote!(
            async fn joke(ctx: &mut Context) {}
        );
        let out = expand(Helper::Task, &quote!(__sse_user), item.clone());
        assert_eq!(out.to_string(), item.to_string());
    }

    #[test]
    fn a_stray_helper_keeps_the_item_and_explains_itself() {
        let item = quote!(
            fn joke() {}
        );
        let out = expand(Helper::OnStop, &quote!(), item.clone()).to_string();
        assert!(out.starts_with(&item.to_string()), "{out}");
        assert!(out.contains("has no `#[sse_user]` around it"), "{out}");
    }
}

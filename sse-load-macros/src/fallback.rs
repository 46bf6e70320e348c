//! What an expansion gives when it has errors: the user's code, the errors, and an `impl User` that keeps the rest of
//! the crate from failing for want of one.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

/// An `impl User` that is only there to type check.
pub(crate) fn implementation(name: &Ident, library: &TokenStream) -> TokenStream {
    quote! {
        #[automatically_derived]
        impl #library::User for #name {
            fn definition() -> #library::__private::Definition<Self> {
                ::core::unreachable!()
            }
        }
    }
}

//! User classes in a crate with the strictest lints: what the macros generate sets off none of them.
//!
//! It is an example and no test because rustc checks documentation in no test build. The classes at the root are part
//! of what the crate exports, as `missing_docs` and `missing_debug_implementations` want it; those in `private` are
//! not, as `unreachable_pub` wants it.

#![forbid(unsafe_code)]
#![deny(
    warnings,
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    unused_qualifications,
    unused_lifetimes,
    single_use_lifetimes,
    elided_lifetimes_in_paths,
    clippy::all,
    clippy::pedantic,
    clippy::allow_attributes
)]

use sse_load::prelude::*;

/// Asks short questions.
#[sse_user(host = "http://127.0.0.1:8080", wait_time = between(ms(500), secs(2)), tasks = in_order, weight = 3)]
impl ChatUser {
    /// A joke, please.
    ///
    /// # Errors
    /// Those of the request.
    #[task(weight = 3, name = "chat", tags = ["short"])]
    pub async fn joke(ctx: &mut Context) -> TaskResult {
        ctx.sse_request("/chat").prompt("Tell me a joke.").send().await?;
        Ok(())
    }
}

#[sse_user]
impl Undocumented {
    #[task]
    async fn joke(ctx: &mut Context) -> TaskResult {
        ctx.sse_request("/chat").prompt("Tell me a joke.").send().await?;
        Ok(())
    }
}

/// Keeps count.
#[derive(Debug)]
pub struct Session {
    asked: usize,
}

#[sse_user(host = String::from("http://127.0.0.1:8080"), fixed_count = 1)]
impl Session {
    #[on_start]
    async fn new(ctx: &mut Context) -> Result<Self, TaskError> {
        ctx.sse_request("/login").send().await?;
        Ok(Self { asked: 0 })
    }

    #[task]
    async fn ask(&mut self, ctx: &mut Context) -> TaskResult {
        self.asked += 1;
        ctx.sse_request("/chat").prompt("And then?").send().await?;
        Ok(())
    }

    #[on_stop]
    async fn stop(&mut self, ctx: &mut Context) -> TaskResult {
        ctx.sse_request("/logout").send().await?;
        Ok(())
    }
}

mod private {
    // Each name by itself: an import that the macros leave unused would not compile.
    use sse_load::{Context, TaskResult, sse_user, task};

    #[sse_user]
    impl Hidden {
        #[task]
        async fn ask(ctx: &mut Context) -> TaskResult {
            ctx.sse_request("/chat").send().await?;
            Ok(())
        }
    }

    #[derive(Default)]
    pub(super) struct Counting(usize);

    #[sse_user]
    impl Counting {
        #[task]
        async fn ask(&mut self, ctx: &mut Context) -> TaskResult {
            self.0 += 1;
            ctx.sse_request("/chat").send().await?;
            Ok(())
        }
    }
}

fn is_user_class<U: User>() {}

fn main() {
    is_user_class::<ChatUser>();
    is_user_class::<Undocumented>();
    is_user_class::<Session>();
    is_user_class::<private::Hidden>();
    is_user_class::<private::Counting>();
}

//! What `#[sse_user]` accepts and what it makes of it.

#![expect(clippy::unused_async, reason = "a task is async, whether it waits for something or not")]

use std::time::Duration;

use sse_load::__private::{Definition, TaskDefinition};
use sse_load::load::Share;
use sse_load::prelude::*;

/// `name weight tags` of each task.
fn tasks<U: User>() -> Vec<(String, u32, Vec<String>)> {
    let of_task = |task: &TaskDefinition<U>| {
        let tags = task.get_tags().iter().map(ToString::to_string).collect();
        (task.name().to_owned(), task.get_weight(), tags)
    };
    U::definition().tasks().iter().map(of_task).collect()
}

fn task_names<U: User>() -> Vec<String> {
    tasks::<U>().into_iter().map(|(name, ..)| name).collect()
}

mod stateless {
    use super::*;

    const PORT: u16 = 8080;

    fn pause() -> Duration {
        secs(2)
    }

    #[sse_user(
        host = format!("http://127.0.0.1:{}", PORT),
        wait_time = between(ms(500), pause()),
        weight = 3,
        fixed_count = 2,
    )]
    impl ChatUser {
        #[task(weight = 3, tags = ["chat", "short"])]
        async fn joke(ctx: &mut Context) -> TaskResult {
            ctx.sse_request("/v1/chat/completions").prompt(PROMPT).send().await?;
            Ok(())
        }

        #[task(name = "look it up")]
        async fn search(_: &mut Context) {}
    }

    const PROMPT: &str = "Tell me a joke.";

    #[test]
    fn a_class_holds_its_options_and_tasks() {
        let definition = ChatUser::definition();
        assert_eq!(definition.name(), "ChatUser");
        assert_eq!(definition.get_host().as_deref(), Some("http://127.0.0.1:8080"));
        assert_eq!(definition.share(), Share::Fixed(2));
        assert_eq!(
            tasks::<ChatUser>(),
            [
                ("joke".to_owned(), 3, vec!["chat".to_owned(), "short".to_owned()]),
                ("look it up".to_owned(), 1, Vec::new()),
            ]
        );
    }

    #[test]
    fn the_struct_is_made_and_plain() {
        fn is_plain<U: Copy + Default + Send + Sync>(_: U) {}
        is_plain(ChatUser);
        assert_eq!(format!("{ChatUser:?}"), "ChatUser");
    }

    #[test]
    fn a_task_knows_its_own_line() {
        let definition = ChatUser::definition();
        let lines: Vec<_> = definition.tasks().iter().map(|task| task.location().line).collect();
        let source = include_str!("macros.rs");
        let line_of = |text: &str| {
            let found = source.lines().position(|line| line.trim().starts_with(text));
            found.and_then(|at| u32::try_from(at + 1).ok())
        };
        assert_eq!(Some(lines[0]), line_of("async fn joke(ctx"));
        assert_eq!(Some(lines[1]), line_of("async fn search(_"));
        assert!(definition.tasks().iter().all(|task| task.location().file.ends_with("macros.rs")));
    }
}

mod without_options {
    use super::*;

    #[sse_user]
    impl BareUser {
        #[task]
        async fn only(_ctx: &mut Context) {}
    }

    #[test]
    fn what_is_not_given_is_not_set() {
        let definition = BareUser::definition();
        assert_eq!(definition.get_host(), None);
        assert_eq!(definition.share(), Share::Weight(1));
    }
}

mod with_default {
    use super::*;

    #[derive(Default)]
    struct Counting {
        asked: usize,
    }

    #[sse_user(wait_time = ms(20))]
    impl Counting {
        #[task]
        async fn ask(&mut self, ctx: &mut Context) -> TaskResult {
            self.asked += Self::STEP;
            ctx.sse_request("/").send().await?;
            self.check();
            Ok(())
        }

        #[task]
        async fn without_self(ctx: &mut Context) -> Result<(), std::num::ParseIntError> {
            let _: u8 = "8".parse()?;
            let _ = ctx;
            Ok(())
        }

        const STEP: usize = 1;

        fn check(&self) {
            assert!(self.asked > 0);
        }
    }

    #[test]
    fn the_struct_is_the_users_own() {
        assert_eq!(task_names::<Counting>(), ["ask", "without_self"]);
        assert_eq!(Counting::default().asked, 0);
    }
}

mod with_hooks {
    use super::*;

    struct Session {
        token: String,
    }

    #[sse_user]
    impl Session {
        #[on_start]
        async fn new(ctx: &mut Context) -> Result<Self, std::fmt::Error> {
            let _ = ctx;
            Ok(Self { token: "t".to_owned() })
        }

        #[task]
        async fn use_it(&mut self, ctx: &mut Context) -> TaskResult {
            ctx.sse_request(&self.token).send().await?;
            Ok(())
        }

        #[on_stop]
        async fn bye(&mut self, _ctx: &mut Context) {
            self.token.clear();
        }
    }

    #[test]
    fn hooks_are_no_tasks() {
        assert_eq!(task_names::<Session>(), ["use_it"]);
    }
}

mod stop_without_state {
    use super::*;

    #[sse_user]
    impl Leaving {
        #[task]
        async fn stay(_: &mut Context) {}

        #[on_stop]
        async fn leave(_: &mut Context) -> TaskResult {
            Ok(())
        }
    }

    #[test]
    fn a_stateless_class_may_stop_too() {
        assert_eq!(task_names::<Leaving>(), ["stay"]);
    }
}

mod raw_names {
    use super::*;

    #[sse_user]
    impl r#struct {
        #[task]
        async fn r#type(r#in: &mut Context) {
            let _ = r#in;
        }

        #[task]
        async fn r#async(_: &mut Context) {}
    }

    #[test]
    fn raw_names_lose_their_prefix_in_reports() {
        assert_eq!(r#struct::definition().name(), "struct");
        assert_eq!(task_names::<r#struct>(), ["type", "async"]);
    }
}

/// The library as a module of this crate.
mod facade {
    pub(crate) use sse_load::*;
}

mod other_path {
    #[::renamed::sse_user(crate = ::renamed, host = "http://h")]
    impl Renamed {
        #[::renamed::task]
        async fn only(_ctx: &mut ::renamed::Context) {}
    }

    #[crate::macros::facade::sse_user(crate = crate::macros::facade)]
    impl Inside {
        #[crate::macros::facade::task]
        async fn inner(_ctx: &mut crate::macros::facade::Context) {}
    }

    #[test]
    fn the_crate_option_and_helpers_by_path_work() {
        assert_eq!(super::task_names::<Renamed>(), ["only"]);
        assert_eq!(super::task_names::<Inside>(), ["inner"]);
    }
}

mod other_names_in_scope {
    // Names that generated code must not take for its own.
    #![expect(dead_code, non_upper_case_globals, reason = "bait for generated code")]

    struct Default;
    struct Result;
    struct Debug;
    struct Clone;
    struct Copy;
    mod core {}
    mod std {}
    const ctx: u8 = 1;
    const user: u8 = 1;
    const definition: u8 = 1;

    #[sse_load::sse_user(host = "http://h")]
    impl Baited {
        #[sse_load::task]
        async fn only(_c: &mut sse_load::Context) {}

        #[sse_load::on_stop]
        async fn stop(_c: &mut sse_load::Context) {}
    }

    #[test]
    fn generated_code_keeps_to_absolute_paths() {
        assert_eq!(super::task_names::<Baited>(), ["only"]);
    }
}

mod lifetimes {
    use super::*;

    #[derive(Default)]
    struct Named;

    #[sse_user]
    impl Named {
        #[task]
        async fn both<'a, 'b: 'a>(&'a mut self, ctx: &'b mut Context) {
            let _: (&'a Self, &'a Context) = (self, ctx);
        }
    }

    #[test]
    fn a_task_may_name_its_lifetimes() {
        assert_eq!(task_names::<Named>(), ["both"]);
    }
}

mod by_condition {
    use super::*;

    #[sse_user]
    impl Conditional {
        #[cfg(any())]
        #[task]
        async fn never(ctx: &mut NoSuchType) {}

        #[task(name = "chat")]
        #[cfg(test)]
        async fn always(_: &mut Context) {}

        #[cfg(any())]
        #[task(name = "chat")]
        async fn instead(_: &mut Context) {}

        #[cfg(any())]
        #[on_stop]
        async fn stop(_: &mut NoSuchType) {}
    }

    #[test]
    fn a_task_that_cfg_removes_is_not_listed() {
        assert_eq!(task_names::<Conditional>(), ["chat"]);
    }
}

mod by_macro {
    use super::*;

    macro_rules! class {
        ($name:ident, $host:expr, $weight:literal, $first:ident, $type:ty) => {
            #[sse_user(host = $host, weight = $weight)]
            impl $name {
                #[task(weight = $weight)]
                async fn $first(_: $type) {}

                #[task]
                async fn second(ctx: &mut Context) {
                    let _ = ctx;
                }
            }
        };
    }

    class!(Made, "http://h", 7, first, &mut Context);

    #[test]
    fn a_block_may_come_from_a_macro() {
        assert_eq!(Made::definition().share(), Share::Weight(7));
        assert_eq!(task_names::<Made>(), ["first", "second"]);
    }
}

mod visible {
    pub(crate) mod inner {
        use sse_load::prelude::*;

        #[sse_user]
        impl Public {
            #[task]
            pub(in crate::macros) async fn open(_: &mut Context) {}

            #[task]
            pub(crate) async fn half_open(_: &mut Context) {}

            pub(crate) const ANSWER: u8 = 42;
        }
    }

    #[test]
    fn the_struct_is_public_and_items_keep_their_visibility() {
        assert_eq!(super::task_names::<inner::Public>(), ["open", "half_open"]);
        assert_eq!(inner::Public::ANSWER, 42);
        let _ = inner::Public::open;
    }
}

#[test]
fn a_class_may_stand_in_a_function() {
    const HOST: &str = "http://local";

    #[sse_user(host = HOST)]
    impl Local {
        #[task]
        async fn only(_: &mut Context) {}
    }

    let definition: Definition<Local> = Local::definition();
    assert_eq!(definition.get_host().as_deref(), Some("http://local"));
}

//! What users feed their load tests with, as the server sees it.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::Value;
use sse_load::client::Conversation;
use sse_load::client::payload::Role;
use sse_load::data::{self, OnceEach, RecordedConversation, Row, TraceRecord, Words};
use sse_load::mock::MockServer;
use sse_load::prelude::*;
use sse_load::tokenize::Encoding;

fn server() -> MockServer {
    MockServer::builder().ttft(ms(1)).tokens(2).start()
}

/// The bodies that the server got, in the order of their arrival.
fn bodies(server: &MockServer) -> Vec<Value> {
    let parsed = |request: &sse_load::mock::LoggedRequest| serde_json::from_slice(&request.body).expect("JSON");
    server.requests().iter().map(parsed).collect()
}

/// The texts of the users' messages, sorted.
fn texts(server: &MockServer) -> Vec<String> {
    let text = |body: &Value| body["messages"][0]["content"].as_str().expect("a text").to_owned();
    let mut texts: Vec<_> = bodies(server).iter().map(text).collect();
    texts.sort_unstable();
    texts
}

fn words(text: &str, range: std::ops::Range<usize>) -> Vec<&str> {
    text.split(' ').skip(range.start).take(range.len()).collect()
}

#[test]
fn prompts_have_their_tokens_and_a_seed_gives_them_again() {
    static PROMPTS: LazyLock<Prompts> =
        LazyLock::new(|| Prompts::new(Lengths::log_normal(150.0, 0.5).between(50, 400)).shared_prefix(30, 0.5));

    #[sse_user]
    impl Chatting {
        #[task]
        async fn chat(ctx: &mut Context) -> TaskResult {
            let prompt = PROMPTS.next(ctx);
            let most = Lengths::uniform(1, 9).next(ctx);
            ctx.openai_chat("gpt-4o")
                .user(prompt.text)
                .set("stated", prompt.tokens)
                .max_tokens(most)
                .name("chat")
                .send()
                .await?;
            Ok(())
        }
    }

    let sent =
        |seed| {
            let server = server();
            let test = Chatting::load_test("prompts").host(server.url()).users(6).max_tasks_per_user(5).seed(seed);
            let report = test.run_time(secs(60)).run();
            assert_eq!((report.total().successes(), report.panic_count()), (30, 0), "{report}");
            for body in bodies(&server) {
                let counted = Encoding::O200kBase.count(body["messages"][0]["content"].as_str().expect("a text"));
                assert!((50..=400).contains(&counted));
                assert_eq!(body["stated"].as_u64(), Some(counted));
                assert!((1..=9).contains(
                    &body["max_completion_tokens"].as_u64().or(body["max_tokens"].as_u64()).expect("a limit")
                ));
            }
            texts(&server)
        };
    let texts = sent(7);
    assert_eq!(texts, sent(7));
    let other = sent(8);
    assert!(texts.iter().all(|text| !other.contains(text)));
    assert_eq!(texts.iter().collect::<BTreeSet<_>>().len(), 30, "no two prompts are alike");
    let begins: BTreeSet<_> = texts.iter().map(|text| words(text, 0..30)).collect();
    assert!((2..30).contains(&begins.len()), "some begin alike, others do not: {}", begins.len());
}

#[test]
fn no_salted_prompt_begins_as_another() {
    static PROMPTS: LazyLock<Prompts> =
        LazyLock::new(|| Prompts::new(Lengths::fixed(60)).shared_prefix(40, 1.0).salted());

    #[sse_user]
    impl Salted {
        #[task]
        async fn prompt(ctx: &mut Context) -> TaskResult {
            let prompt = PROMPTS.next(ctx);
            ctx.openai_chat("m").user(prompt.text).name("salted").send().await?;
            Ok(())
        }

        #[task]
        async fn own_text(ctx: &mut Context) -> TaskResult {
            let salt = Words::default().salt(ctx);
            ctx.openai_chat("m").user(format!("{salt} Tell me a joke.")).name("salted").send().await?;
            Ok(())
        }
    }

    let server = server();
    let test = Salted::load_test("salted").host(server.url()).users(10).max_tasks(200);
    let report = test.run_time(secs(60)).run();
    assert_eq!(report.total().successes(), 200, "{report}");
    let texts = texts(&server);
    assert_eq!(texts.iter().map(|text| words(text, 0..8)).collect::<BTreeSet<_>>().len(), 200);
    let rests: BTreeSet<_> = texts.iter().map(|text| words(text, 8..12)).collect();
    assert_eq!(rests.len(), 2, "below the salt all is shared: {rests:?}");
}

#[test]
fn each_record_goes_to_one_user_once() {
    static ACCOUNTS: LazyLock<OnceEach<Row>> =
        LazyLock::new(|| Feeder::new(data::csv("tests/fixtures/data/accounts.csv").expect("accounts")).once_each());

    #[sse_user]
    impl Asking {
        #[task]
        async fn ask(ctx: &mut Context) -> TaskResult {
            while let Some(account) = ACCOUNTS.next(ctx) {
                let (user, question) = (account.get("user")?, account.get("question")?);
                let number = ctx.user_index();
                ctx.openai_chat("m").user(question).set("user", user).set("number", number).name("ask").send().await?;
            }
            assert!(ACCOUNTS.next(ctx).is_none(), "what is used up stays so");
            Ok(())
        }
    }

    let server = server();
    let test = Asking::load_test("once_each").host(server.url()).users(7).max_tasks_per_user(1);
    let report = test.run_time(secs(60)).run();
    assert_eq!((report.total().successes(), report.panic_count()), (100, 0), "{report}");
    let expected: Vec<_> = (0..100).map(|number| format!("Question {number:02}, please.")).collect();
    assert_eq!(texts(&server), expected);
    for body in bodies(&server) {
        let record: u64 =
            body["user"].as_str().and_then(|user| user.strip_prefix("user-")?.parse().ok()).expect("a number");
        assert_eq!(body["number"].as_u64(), Some(record % 7), "user k has the records k, k + 7 and so on");
    }
}

#[test]
fn a_user_who_comes_again_takes_no_record_again() {
    static NUMBERS: LazyLock<OnceEach<u64>> = LazyLock::new(|| Feeder::new(0..1_000).once_each());

    #[sse_user(wait_time = ms(10))]
    impl Returning {
        #[task]
        async fn ask(ctx: &mut Context) -> TaskResult {
            let number = NUMBERS.next(ctx).expect("fewer than 1,000 requests");
            ctx.openai_chat("m").user(number.to_string()).name("ask").send().await?;
            Ok(())
        }
    }

    let server = server();
    let twice = LoadShape::starting_at(3).hold(ms(200)).step_to(0).hold(ms(100)).step_to(3).hold(ms(200));
    let report = Returning::load_test("returning").host(server.url()).users(twice).run();
    let texts = texts(&server);
    assert!(!texts.is_empty() && report.panic_count() == 0, "{report}");
    assert_eq!(texts.iter().collect::<BTreeSet<_>>().len(), texts.len());
}

#[test]
fn circular_records_begin_again_and_random_ones_come_in_any_order() {
    static CIRCULAR: LazyLock<Feeder<u64>> = LazyLock::new(|| Feeder::new(0..5));
    static RANDOM: LazyLock<Feeder<u64>> = LazyLock::new(|| Feeder::new(0..5).random());

    #[sse_user]
    impl Feeding {
        #[task]
        async fn feed(ctx: &mut Context) -> TaskResult {
            let records: [u64; 5] = std::array::from_fn(|_| *CIRCULAR.next(ctx));
            let user = ctx.user_index();
            assert_eq!(records, std::array::from_fn(|draw| (user + 3 * draw as u64) % 5));
            let random: [u64; 20] = std::array::from_fn(|_| *RANDOM.next(ctx));
            ctx.openai_chat("m").user(format!("{random:?}")).name("feed").send().await?;
            Ok(())
        }
    }

    let sent = || {
        let server = server();
        let test = Feeding::load_test("circular").host(server.url()).users(3).max_tasks_per_user(1).seed(4);
        let report = test.run_time(secs(60)).run();
        assert_eq!((report.total().successes(), report.panic_count()), (3, 0), "{report}");
        texts(&server)
    };
    let texts = sent();
    assert_eq!((texts.iter().collect::<BTreeSet<_>>().len(), &texts), (3, &sent()));
}

#[test]
fn arrivals_replay_a_trace() {
    static TRACE: LazyLock<Feeder<TraceRecord>> =
        LazyLock::new(|| Feeder::new(data::mooncake("tests/fixtures/data/trace.jsonl").expect("a trace")));

    #[sse_user]
    impl Replaying {
        #[task]
        async fn replay(ctx: &mut Context) -> TaskResult {
            let record = TRACE.next(ctx);
            let prompt = record.prompt(&Words::default(), ctx);
            ctx.openai_chat("m").user(prompt.text).set("tokens", record.input_tokens).name("trace").send().await?;
            Ok(())
        }
    }

    let server = server();
    let moments = TRACE.records().iter().map(|record| record.at);
    let report =
        Replaying::load_test("replay").host(server.url()).arrivals(Arrivals::at(moments)).run_time(secs(60)).run();
    assert_eq!((report.total().successes(), report.panic_count()), (4, 0), "{report}");
    let bodies = bodies(&server);
    let mut lengths: Vec<_> = bodies.iter().map(|body| body["tokens"].as_u64().expect("a number")).collect();
    lengths.sort_unstable();
    assert_eq!(lengths, [700, 1_100, 1_300, 1_536], "each arrival has its record");
    let text = |body: &Value| body["messages"][0]["content"].as_str().expect("a text").to_owned();
    for body in &bodies {
        assert_eq!(Some(Encoding::default().count(&text(body))), body["tokens"].as_u64());
    }
    // The trace has two blocks that three of the prompts share, and no more.
    let begins =
        |count| bodies.iter().map(|body| words(&text(body), 0..count).join(" ")).collect::<BTreeSet<_>>().len();
    assert_eq!((begins(512), begins(1_024), begins(1_060)), (2, 2, 4));
}

#[test]
fn recorded_questions_are_asked_again() {
    static RECORDED: LazyLock<Feeder<RecordedConversation>> =
        LazyLock::new(|| Feeder::new(data::share_gpt("tests/fixtures/data/share_gpt.json").expect("conversations")));

    #[sse_user]
    impl Asking {
        #[task]
        async fn ask_again(ctx: &mut Context) -> TaskResult {
            let mut conversation = Conversation::new(ctx);
            for question in RECORDED.next(ctx).questions() {
                let request = ctx.openai_chat("m").name("asked");
                conversation.ask(request, question).await?;
            }
            Ok(())
        }

        #[task]
        async fn as_it_was(ctx: &mut Context) -> TaskResult {
            let turns = &RECORDED.next(ctx).turns;
            let last = turns.iter().rposition(|turn| turn.role == Role::User).expect("a question");
            let request = ctx.openai_chat("m").name("as it was");
            turns[..=last].iter().fold(request, |request, turn| request.say(turn.role, &turn.text)).send().await?;
            Ok(())
        }
    }

    let server = server();
    let test = Asking::load_test("share_gpt").host(server.url()).users(2).max_tasks_per_user(20).seed(1);
    let report = test.run_time(secs(60)).run();
    assert_eq!((report.total().failures(), report.panic_count()), (0, 0), "{report}");
    let turns = |body: &Value| body["messages"].as_array().expect("messages").len();
    let last = |body: &Value| {
        body["messages"].as_array().and_then(|said| said.last())?["content"].as_str().map(ToOwned::to_owned)
    };
    let sent: BTreeSet<_> = bodies(&server).iter().map(|body| (turns(body), last(body).expect("a question"))).collect();
    let expected = [(1, "Go on."), (1, "Why is the sky blue?"), (3, "And at sunset?")];
    assert_eq!(sent, expected.map(|(turns, question)| (turns, question.to_owned())).into());
    let recorded =
        bodies(&server).iter().any(|body| body["messages"][1]["content"] == "Because of Rayleigh scattering.");
    assert!(recorded, "what the model said is said again");
}

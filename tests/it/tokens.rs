//! How tokens are counted, and who counted them.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};
use std::time::Duration;

use serde_json::json;
use sse_load::mock::{Dialect, MockServer, Script};
use sse_load::prelude::*;
use sse_load::protocol::Channel;
use sse_load::sample::TokenSource;
use sse_load::tokenize::{Encoding, Tokenizer};

/// Text whose number of tokens depends on the encoding, in chunks that are no tokens.
const CHUNKS: [&str; 4] = ["お誕", "生日お", "めで", "とう"];
const PROMPT: &str = "antidisestablishmentarianism";

fn chunk(channel: &str, text: &str) -> String {
    json!({"choices": [{"index": 0, "delta": {channel: text}}]}).to_string()
}

fn ending(extra: Option<serde_json::Value>) -> impl Iterator<Item = String> {
    let finish = json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]});
    [Some(finish), extra].into_iter().flatten().map(|event| event.to_string()).chain(["[DONE]".to_owned()])
}

fn stream(channel: &str, usage: Option<serde_json::Value>) -> Script {
    let reasoning = ["Let", " me"].into_iter().filter(|_| channel == "both").map(|text| chunk("reasoning", text));
    let text = CHUNKS.into_iter().map(|text| chunk("content", text));
    Script::new().dialect(Dialect::events(reasoning.chain(text).chain(ending(usage))))
}

fn by(source: TokenSource, requests: u64) -> BTreeMap<TokenSource, u64> {
    BTreeMap::from([(source, requests)])
}

#[test]
fn the_servers_count_wins_and_a_tokenizer_counts_what_it_left_out() {
    const MODELS: [Option<&str>; 5] =
        [Some("gpt-4"), Some("gpt-4o"), Some("text-davinci-003"), Some("a model of our own"), None];
    const OTHERS: [&str; 4] = ["/usage", "/only-completion", "/both", "/no-prompt"];

    #[sse_user(wait_time = secs(60))]
    impl Counting {
        #[task]
        async fn ask(ctx: &mut Context) -> TaskResult {
            let index = usize::try_from(ctx.user_index())?;
            if let Some(model) = MODELS.get(index) {
                let body = model.map_or_else(|| json!({}), |model| json!({"model": model}));
                let name = model.unwrap_or("no model");
                let reply = ctx.sse_request("/text").json(&body).prompt(PROMPT).name(name).send().await?;
                assert!(reply.usage().is_empty() && reply.metric(Metric::Tpot).is_none());
            } else {
                let path = OTHERS[index - MODELS.len()];
                let request = ctx.sse_request(path).json(&json!({"model": "gpt-4"}));
                let request = if path == "/no-prompt" { request } else { request.prompt(PROMPT) };
                request.send().await?;
            }
            Ok(())
        }
    }

    let server = MockServer::builder()
        .path("/text", stream("text", None))
        .path(
            "/usage",
            stream("both", Some(json!({"choices": [], "usage": {"prompt_tokens": 70, "completion_tokens": 50}}))),
        )
        .path("/only-completion", stream("text", Some(json!({"choices": [], "usage": {"completion_tokens": 50}}))))
        .path("/both", stream("both", None))
        .path("/no-prompt", stream("text", None))
        .start();
    let users = (MODELS.len() + OTHERS.len()) as u64;
    let report = Counting::load_test("tokens").host(server.url()).users(users).run_time(secs(1)).run();
    assert_eq!((report.total().successes(), report.panic_count()), (users, 0), "{report}");

    let joined = CHUNKS.concat();
    for model in MODELS {
        let encoding = model.map_or_else(Encoding::default, Encoding::for_model);
        let figures = report.request(model.unwrap_or("no model"));
        assert_eq!(figures.completion_tokens().max(), encoding.count(&joined), "{model:?}");
        assert_eq!(figures.prompt_tokens().max(), encoding.count(PROMPT), "{model:?}");
        assert_eq!(figures.completion_sources(), &by(TokenSource::Tokenizer, 1));
        assert_eq!(figures.prompt_sources(), &by(TokenSource::Tokenizer, 1));
    }
    // From "How to count tokens with tiktoken" in the OpenAI cookbook, section 5.
    let counts = |name| {
        let figures = report.request(name);
        (figures.prompt_tokens().max(), figures.completion_tokens().max())
    };
    assert_eq!((counts("gpt-4"), counts("text-davinci-003")), ((6, 9), (5, 14)));

    let usage = report.request("/usage");
    assert_eq!(counts("/usage"), (70, 50));
    assert_eq!(
        (usage.completion_sources(), usage.prompt_sources()),
        (&by(TokenSource::Usage, 1), &by(TokenSource::Usage, 1))
    );
    let half = report.request("/only-completion");
    assert_eq!(counts("/only-completion"), (6, 50));
    assert_eq!(
        (half.completion_sources(), half.prompt_sources()),
        (&by(TokenSource::Usage, 1), &by(TokenSource::Tokenizer, 1))
    );
    assert_eq!(counts("/both").1, Encoding::Cl100kBase.count("Let me") + 9);
    let no_prompt = report.request("/no-prompt");
    assert_eq!((no_prompt.prompt_tokens().count(), no_prompt.prompt_sources().len()), (0, 0));
    assert_eq!(no_prompt.completion_tokens().max(), 9);
    assert!(report.to_string().contains("usage (2 requests) and tokenizer (7 requests) for replies"), "{report}");
    let total = BTreeMap::from([(TokenSource::Usage, 2), (TokenSource::Tokenizer, users - 2)]);
    assert_eq!(report.total().completion_sources(), &total);
}

#[test]
fn a_limit_over_counts_of_two_sources_is_invalid() {
    #[sse_user(wait_time = secs(60))]
    impl Mixing {
        #[task]
        async fn ask(ctx: &mut Context) -> TaskResult {
            let counted = ctx.user_index() == 0;
            ctx.sse_request("/")
                .json(&json!({"model": "gpt-4o", "stream_options": {"include_usage": counted}}))
                .prompt(PROMPT)
                .name("mixed")
                .send()
                .await?;
            Ok(())
        }
    }

    let server = MockServer::builder().tokens(5).prompt_tokens(7).start();
    let report = Mixing::load_test("mixed_sources").host(server.url()).users(3).run_time(ms(500)).run();
    let mixed = BTreeMap::from([(TokenSource::Usage, 1), (TokenSource::Tokenizer, 2)]);
    assert_eq!(report.request("mixed").completion_sources(), &mixed, "{report}");
    assert_eq!(report.request("mixed").prompt_sources(), &mixed, "{report}");
    let verdicts = report.check([
        completion_tokens("mixed").p95().at_most(1_000_u64),
        prompt_tokens("mixed").max().at_most(1_000_u64),
        tpot("mixed").p50().at_most(secs(60)),
        tpot(ALL).mean().at_most(secs(60)),
        ttft("mixed").max().at_most(secs(60)),
    ]);
    assert_eq!((verdicts.count(Verdict::Invalid), verdicts.count(Verdict::Pass)), (4, 1), "{verdicts}");
    let reason = "tokens counted in several ways do not compare: 1 request by usage, 2 requests by tokenizer";
    let invalid = verdicts.judged().iter().filter(|judged| judged.verdict == Verdict::Invalid);
    assert!(
        invalid.into_iter().all(|judged| judged.value.is_none() && judged.reason.starts_with(reason)),
        "{verdicts}"
    );
    assert!(!verdicts.passed());
    let gate = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| report.request("mixed").tpot().p95()));
    let message = gate.expect_err("a plain gate is refused as well");
    let message = message.downcast_ref::<String>().expect("a text");
    assert!(message.contains("tokens counted in several ways do not compare"), "{message}");
}

/// vLLM's continuous usage: cumulative counts beside each piece of text, and one for half a character that shows nothing.
fn continuous() -> Script {
    let event = |text: &str, tokens: u32| {
        json!({"choices": [{"index": 0, "delta": {"content": text}}], "usage": {"completion_tokens": tokens}})
            .to_string()
    };
    let text = [event("a", 2), event("", 3), event("b", 5), event("c", 6)];
    Script::new().inter_token(ms(4)).dialect(Dialect::events(text.into_iter().chain(ending(None))))
}

#[test]
fn usage_in_every_event_gives_the_time_of_each_token() {
    /// The times of the three generated events.
    static TIMES: Mutex<Vec<Duration>> = Mutex::new(Vec::new());

    #[sse_user(wait_time = secs(60))]
    impl Streaming {
        #[task]
        async fn ask(ctx: &mut Context) -> TaskResult {
            let reply = ctx.sse_request("/continuous").send().await?;
            let tokens: Vec<_> = reply.events().map(|event| event.event_tokens).collect();
            assert_eq!(tokens, [Some(2), Some(3), Some(1)]);
            TIMES.lock().expect("no panic").extend(reply.events().map(|event| event.at));
            let reply = ctx.sse_request("/final").send().await?;
            assert!(reply.events().all(|event| event.event_tokens.is_none()));
            Ok(())
        }
    }

    let last = json!({"choices": [], "usage": {"completion_tokens": 50}});
    let server =
        MockServer::builder().path("/continuous", continuous()).path("/final", stream("text", Some(last))).start();
    let report = Streaming::load_test("token_times").host(server.url()).run_time(secs(1)).run();
    assert_eq!((report.total().successes(), report.panic_count()), (2, 0), "{report}");

    let times = TIMES.lock().expect("no panic");
    let [first, second, third] = times[..] else { panic!("three events: {times:?}") };
    let micros = |time: Duration| Duration::from_micros(u64::try_from(time.as_micros()).expect("short"));
    // Three tokens share the first gap, one has the second. Recorded in whole microseconds.
    let (shared, own) = (micros(second.saturating_sub(first) / 3), micros(third.saturating_sub(second)));
    let itl = report.request("/continuous").itl();
    assert_eq!(itl.count(), 4, "each gap weighs as much as its tokens");
    assert_eq!((itl.mean(), itl.max()), ((3 * shared + own) / 4, shared.max(own)));
    // The first event has two tokens, so N - n is 4.
    assert_eq!(report.request("/continuous").tpot().max(), micros(third.saturating_sub(first) / 4));
    assert_eq!(report.request("/final").itl().count(), 0, "what is not known is not guessed");
}

#[test]
fn several_answers_are_joined_and_counted_apart() {
    #[sse_user(wait_time = secs(60))]
    impl Choosing {
        #[task]
        async fn ask(ctx: &mut Context) -> TaskResult {
            let reply = ctx.sse_request("/").json(&json!({"model": "gpt-4", "n": 2})).name("two").send().await?;
            assert_eq!((reply.text(), reply.choices()), ("お誕生日おめでとう", vec![0, 1]));
            assert_eq!(reply.choice(1, Channel::Text), "tiktoken is great!");
            assert_eq!(reply.events().map(|event| event.choice).collect::<Vec<_>>(), [0, 1, 0, 1, 0, 1, 0]);
            Ok(())
        }
    }

    let piece = |index, text| json!({"choices": [{"index": index, "delta": {"content": text}}]}).to_string();
    let text = ["tik", "token is ", "great!"];
    let mut events = Vec::new();
    for (place, chunk) in CHUNKS.into_iter().enumerate() {
        events.push(piece(0, chunk));
        events.extend(text.get(place).map(|text| piece(1, text)));
    }
    let finish = |index| json!({"choices": [{"index": index, "delta": {}, "finish_reason": "stop"}]}).to_string();
    events.extend([finish(0), finish(1), "[DONE]".to_owned()]);
    let server = MockServer::builder().dialect(Dialect::events(events)).start();
    let report = Choosing::load_test("two_choices").host(server.url()).run_time(ms(500)).run();
    assert_eq!((report.total().successes(), report.panic_count()), (1, 0), "{report}");
    // The counts of the OpenAI cookbook: 9 and 6. Joined in the order of arrival the two texts would be more.
    assert_eq!(report.request("two").completion_tokens().max(), 15);
}

/// A tokenizer of one's own, whose counts no other gives; what begins with a `!` it can't count.
#[derive(Debug)]
struct Characters {
    of_each: u64,
}

impl Tokenizer for Characters {
    fn name(&self) -> &'static str {
        "characters"
    }

    fn count(&self, text: &str) -> u64 {
        assert!(!text.starts_with('!'), "a tokenizer of one's own may panic");
        text.chars().count() as u64 * self.of_each
    }
}

#[test]
fn a_tokenizer_of_ones_own_counts_for_the_run_or_for_one_request() {
    #[sse_user(wait_time = secs(60))]
    impl Choosing {
        #[task]
        async fn ask(ctx: &mut Context) -> TaskResult {
            let body = json!({"model": "gpt-4"});
            ctx.sse_request("/text").json(&body).prompt(PROMPT).name("of the run").send().await?;
            let own = Arc::new(Characters { of_each: 100 });
            ctx.sse_request("/text").json(&body).prompt(PROMPT).tokenizer(own).name("of the request").send().await?;
            let encoding = Encoding::Cl100kBase.shared();
            ctx.sse_request("/text").prompt(PROMPT).tokenizer(encoding).name("an encoding").send().await?;
            ctx.sse_request("/panics").prompt("!").name("of none").send().await?;
            ctx.sse_request("/usage").prompt(PROMPT).name("of the server").send().await?;
            Ok(())
        }
    }

    let usage = json!({"choices": [], "usage": {"prompt_tokens": 70, "completion_tokens": 50}});
    let panics = ["!", "a", "b"].into_iter().map(|text| chunk("content", text)).chain(ending(None));
    let server = MockServer::builder()
        .path("/text", stream("text", None))
        .path("/panics", Script::new().dialect(Dialect::events(panics)))
        .path("/usage", stream("text", Some(usage)))
        .start();
    let report = Choosing::load_test("own_tokenizer")
        .host(server.url())
        .tokenizer(Arc::new(Characters { of_each: 1 }))
        .run_time(secs(1))
        .run();
    assert_eq!((report.total().successes(), report.panic_count()), (5, 0), "{report}");

    let characters = |text: &str| text.chars().count() as u64;
    let (prompt, reply) = (characters(PROMPT), characters(&CHUNKS.concat()));
    let by_tokenizer = by(TokenSource::Tokenizer, 1);
    for (name, counts) in [
        ("of the run", (prompt, reply)),
        ("of the request", (prompt * 100, reply * 100)),
        // From "How to count tokens with tiktoken" in the OpenAI cookbook, section 5.
        ("an encoding", (6, 9)),
    ] {
        let figures = report.request(name);
        assert_eq!((figures.prompt_tokens().max(), figures.completion_tokens().max()), counts, "{name}");
        assert_eq!((figures.prompt_sources(), figures.completion_sources()), (&by_tokenizer, &by_tokenizer), "{name}");
    }
    let server_counts = report.request("of the server");
    assert_eq!((server_counts.prompt_tokens().max(), server_counts.completion_tokens().max()), (70, 50));

    let events = report.request("of none");
    assert_eq!((events.completion_tokens().max(), events.prompt_tokens().count()), (3, 0));
    assert_eq!(events.completion_sources(), &by(TokenSource::Events, 1));
    let sources = "usage (1 request) and tokenizer (3 requests) and events (1 request) for replies";
    assert!(report.to_string().contains(sources), "{report}");
    assert!(report.to_string().contains("(tokenizer: characters, cl100k_base)"), "{report}");
    let mixed = report.total().tokenizers();
    assert_eq!((mixed["characters"], mixed["cl100k_base"]), (2, 1), "{mixed:?}");
    let verdicts = report.check([completion_tokens(ALL).p50().at_most(1_000_000_u64)]);
    assert_eq!(verdicts.count(Verdict::Invalid), 1, "counts of two tokenizers do not compare");
}

#[test]
fn no_measuring_thread_counts_tokens() {
    static MEASURING: Mutex<Vec<ThreadId>> = Mutex::new(Vec::new());
    static COUNTING: Mutex<Vec<ThreadId>> = Mutex::new(Vec::new());

    fn note(threads: &Mutex<Vec<ThreadId>>) {
        threads.lock().expect("no panic").push(thread::current().id());
    }

    /// Notes who asks it.
    #[derive(Debug)]
    struct Watched;

    impl Tokenizer for Watched {
        fn name(&self) -> &'static str {
            "watched"
        }

        fn count(&self, text: &str) -> u64 {
            note(&COUNTING);
            text.len() as u64
        }
    }

    #[sse_user(wait_time = secs(60))]
    impl Measuring {
        #[task]
        async fn ask(ctx: &mut Context) -> TaskResult {
            note(&MEASURING);
            ctx.sse_request("/text").prompt(PROMPT).send().await?;
            ctx.sse_request("/usage").prompt(PROMPT).max_usage_error(1_000).send().await?;
            note(&MEASURING);
            Ok(())
        }
    }

    let usage = json!({"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 5}});
    let server =
        MockServer::builder().path("/text", stream("text", None)).path("/usage", stream("text", Some(usage))).start();
    let test = Measuring::load_test("off_the_measuring_threads").host(server.url()).tokenizer(Arc::new(Watched));
    let report = test.users(4).threads(2).max_tasks(4).run_time(secs(60)).run();
    assert_eq!((report.total().successes(), report.panic_count()), (8, 0), "{report}");

    let threads = |of: &Mutex<Vec<ThreadId>>| of.lock().expect("no panic").iter().copied().collect::<HashSet<_>>();
    let (measuring, counting) = (threads(&MEASURING), threads(&COUNTING));
    // The replies without usage and their prompts, and the replies whose usage is checked.
    assert!(COUNTING.lock().expect("no panic").len() >= 3, "the prompt may be known after its first count");
    assert!(!measuring.is_empty() && measuring.is_disjoint(&counting), "{measuring:?} {counting:?}");
}

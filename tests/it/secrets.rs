//! Keys that requests carry, and where they must not appear.

use std::fs;
use std::sync::Mutex;

use serde_json::json;
use sse_load::mock::{Dialect, Fault, MockServer, On, Script};
use sse_load::prelude::*;

fn failing(fault: impl Into<Fault>) -> Script {
    Script::new().fault(fault, On::all())
}

fn append(text: &str) -> String {
    json!({"type": "append", "text": text}).to_string()
}

#[test]
fn a_key_that_the_server_quotes_appears_nowhere() {
    const KEY: &str = "sk-0123456789abcdef";
    const PATHS: [&str; 8] =
        ["/status", "/cut-off", "/error", "/long-error", "/garbage", "/first-event", "/validated", "/json"];
    static ERRORS: Mutex<Vec<String>> = Mutex::new(Vec::new());

    #[sse_user(wait_time = secs(60))]
    impl KeyHolder {
        #[task]
        async fn ask(ctx: &mut Context) -> TaskResult {
            let path = PATHS[usize::try_from(ctx.user_index())?];
            let request = ctx.sse_request(path).bearer_auth(KEY);
            let request = match path {
                "/validated" => request.validate(|reply| Err::<(), _>(reply.text().to_owned())),
                _ => request,
            };
            if let Err(error) = request.send().await {
                ERRORS.lock().expect("no panic").push(format!("{error} {error:?}"));
                return Err(error.into());
            }
            Ok(())
        }
    }

    let quote = format!("wrong key {KEY}!");
    // Messages show the first 200 characters: here they end within the key.
    let long = format!("{}{KEY} is wrong", "x".repeat(190));
    let events = |events: Vec<String>| Script::new().dialect(Dialect::events(events));
    let server = MockServer::builder()
        .path("/status", failing(Fault::status(401).body(quote.clone())))
        .path("/cut-off", failing(Fault::status(401).body(long.clone())))
        .path("/error", failing(Fault::ErrorEvent { after: 0, message: quote.clone() }))
        .path("/long-error", failing(Fault::ErrorEvent { after: 0, message: long }))
        .path("/garbage", events(vec![quote.clone(), append("word")]))
        .path("/first-event", events(vec![json!({"note": quote}).to_string()]))
        .path("/validated", events(vec![append(&quote)]))
        .path("/json", failing(Fault::status(200).body(json!({"note": quote}).to_string())))
        .start();
    let report = KeyHolder::load_test("key").host(server.url()).users(PATHS.len() as u64).run_time(ms(500)).run();
    assert_eq!((report.total().failures(), report.total().successes()), (7, 1), "{report}");
    assert!(server.requests().iter().all(|request| request.header("authorization").is_some()));

    let folder = report.artifacts().folder.as_ref().expect("the report was written");
    let file = fs::read_to_string(folder.join("report.json")).expect("the file is there");
    let verdicts = report.check([error_rate().at_most(0.01)]).to_string();
    let errors = ERRORS.lock().expect("no panic").join("\n");
    for (place, text) in [("error", &errors), ("report", &report.to_string()), ("file", &file), ("block", &verdicts)] {
        assert!(!text.contains(&KEY[..6]), "the {place} shows the key: {text}");
        assert!(text.contains("[redacted]"), "the {place} says that something was left out: {text}");
    }
}

#[test]
fn a_key_that_the_server_quotes_encoded_appears_nowhere() {
    const END: &str = "ef12345";
    static ERRORS: Mutex<Vec<String>> = Mutex::new(Vec::new());

    #[sse_user(wait_time = secs(60))]
    impl EncodedKeyHolder {
        #[task]
        async fn ask(ctx: &mut Context) -> TaskResult {
            for path in ["/query", "/percent", "/json"] {
                let request = ctx.sse_request(path);
                let request = match path {
                    "/json" => request.header("x-api-key", format!("ab\\cd\"{END}")),
                    _ => request.query("api_key", format!("ab+/ é={END}")),
                };
                let error = request.send().await.expect_err("the server refuses it");
                ERRORS.lock().expect("no panic").push(error.to_string());
            }
            Ok(())
        }
    }

    let refusing = |quote: &str| failing(Fault::status(404).body(quote));
    let server = MockServer::builder()
        .path("/query", refusing(&format!("no route GET /query?api_key=ab%2B%2F+%C3%A9%3D{END}")))
        .path("/percent", refusing(&format!("no key ab%2b%2f%20%c3%a9%3d{END} here")))
        .path("/json", refusing(&json!({"error": format!("bad key ab\\cd\"{END}")}).to_string()))
        .start();
    let report = EncodedKeyHolder::load_test("encoded_key").host(server.url()).run_time(ms(500)).run();
    assert_eq!((report.total().failures(), report.panic_count()), (3, 0), "{report}");
    let errors = ERRORS.lock().expect("no panic").join("\n");
    for (place, text) in [("error", errors), ("report", report.to_string())] {
        assert!(!text.contains(END), "the {place} shows the key: {text}");
        assert!(text.contains("[redacted]"), "the {place} says that something was left out: {text}");
    }
}

#[test]
fn a_name_without_a_password_in_the_url_is_a_key_and_appears_nowhere() {
    // As the server reads it, and as the header has it.
    const KEY: &str = "sk_live_0123";
    const BASIC: &str = "c2tfbGl2ZV8wMTIzOg==";
    static ERRORS: Mutex<Vec<String>> = Mutex::new(Vec::new());

    #[sse_user(wait_time = secs(60))]
    impl NamedByUrl {
        #[task]
        async fn ask(ctx: &mut Context) -> TaskResult {
            let error = ctx.sse_request("/").send().await.expect_err("the server refuses it");
            ERRORS.lock().expect("no panic").push(error.to_string());
            Ok(())
        }
    }

    let server =
        MockServer::builder().path("/", failing(Fault::status(401).body(format!("no {KEY}, no {BASIC}!")))).start();
    let host = server.url().replace("//", &format!("//{KEY}@"));
    let report = NamedByUrl::load_test("named_by_url").host(host).run_time(ms(500)).run();
    assert_eq!((report.total().failures(), report.panic_count()), (1, 0), "{report}");
    let authorization = format!("Basic {BASIC}");
    assert_eq!(server.requests()[0].header("authorization"), Some(&*authorization));
    let errors = ERRORS.lock().expect("no panic").join("\n");
    for (place, text) in [("error", errors), ("report", report.to_string())] {
        assert!(!text.contains(KEY) && !text.contains(BASIC), "the {place} shows the key: {text}");
        assert!(text.contains("[redacted]"), "the {place} says that something was left out: {text}");
    }
}

//! Conversations whose history is what was really said.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sse_load::client::Conversation;
use sse_load::mock::{Fault, MockServer, On};
use sse_load::prelude::*;

#[sse_user]
impl Talker {
    #[task]
    async fn talk(ctx: &mut Context) -> TaskResult {
        let mut conversation = Conversation::new(ctx).system("Be brief.");
        for question in ["One?", "Two?", "Three?"] {
            let request = ctx.openai_chat("m").name("chat").header("x-session-id", conversation.id());
            if conversation.ask(request, question).await.is_err() {
                let again = ctx.openai_chat("m").name("chat").header("x-session-id", conversation.id());
                conversation.ask(again, question).await?;
            }
            constant(ms(1)).pass(ctx).await;
        }
        assert_eq!((conversation.turns(), conversation.said().count()), (3, 7));
        Ok(())
    }
}

fn messages(body: &[u8]) -> Vec<(String, String)> {
    let body: Value = serde_json::from_slice(body).expect("JSON");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let messages = body["messages"].as_array().expect("messages");
    messages.iter().map(|message| (text(&message["role"]), text(&message["content"]))).collect()
}

#[test]
fn each_turn_sends_what_was_said_and_is_reported_apart() {
    // The second request fails and is asked again: the conversation goes on as if nothing had been.
    let server = MockServer::builder().tokens(4).fault(Fault::status(500), On::requests([2])).start();
    let report = Talker::load_test("talk").host(server.url()).max_tasks(1).run();
    assert_eq!(report.panic_count(), 0, "{report}");

    let sent: Vec<_> = server.requests().iter().map(|request| messages(&request.body)).collect();
    assert_eq!(sent.iter().map(Vec::len).collect::<Vec<_>>(), [2, 4, 4, 6], "{sent:?}");
    assert_eq!(sent[1], sent[2], "the question that failed is asked again, once");
    assert_eq!(sent[3][..4], sent[2][..], "what was said stays");
    let roles: Vec<_> = sent[3].iter().map(|(role, _)| role.as_str()).collect();
    assert_eq!(roles, ["system", "user", "assistant", "user", "assistant", "user"]);
    let replies = [&sent[3][2].1, &sent[3][4].1];
    assert!(replies.iter().all(|reply| reply.split_whitespace().count() == 4), "the mock's own words: {replies:?}");
    assert_ne!(replies[0], replies[1], "each reply as it came");

    let turn = |n: u32| report.request(&format!("chat turn {n}"));
    assert_eq!([turn(1), turn(2), turn(3)].map(|turn| (turn.successes(), turn.failures())), [(1, 0), (1, 1), (1, 0)]);
    assert_eq!((report.request("chat").count(), report.total().count(), report.turns().len()), (4, 4, 3));
    assert!(turn(3).prompt_tokens().max() > turn(1).prompt_tokens().max(), "prompts grow");
    report.assert([ttft("chat turn 1").max().at_most(secs(3_600)), error_rate().of("chat turn 3").at_most(0.0)]);
    let table = report.to_string();
    assert!(table.contains("prompt tokens p50") && table.contains("chat turn 3"), "{table}");
    let parsed = serde_json::to_value(&report).expect("a report serialises");
    assert_eq!(parsed["turns"][1]["name"], json!("chat turn 2"));
}

#[test]
fn a_session_has_an_id_of_its_own_that_the_seed_decides() {
    let ids = |seed| {
        let server = MockServer::builder().tokens(1).start();
        let report = Talker::load_test("sessions").host(server.url()).users(4).max_tasks_per_user(2).seed(seed).run();
        assert_eq!(report.request("chat").successes(), 24, "{report}");
        let requests = server.requests();
        let ids = requests.iter().map(|request| request.header("x-session-id").expect("an id").to_owned());
        ids.collect::<BTreeSet<_>>()
    };
    let first = ids(5);
    assert_eq!(first.len(), 8, "4 users, 2 conversations each");
    assert_eq!(first, ids(5));
    assert!(first.is_disjoint(&ids(6)));
}

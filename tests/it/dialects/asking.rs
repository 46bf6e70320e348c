//! Many requests in one load test.

use std::mem::take;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use sse_load::client::Reply;
use sse_load::mock::{MockServer, Script};
use sse_load::prelude::*;
use sse_load::sample::Failure;
use sse_load::tokenize::Tokenizer;

use super::spoken::{PROMPT, Spoken};

/// A script, and how it is asked for.
pub(super) struct Ask {
    pub(super) spoken: &'static Spoken,
    /// What the report calls it, behind the dialect's name.
    pub(super) name: String,
    pub(super) script: Script,
    pub(super) body: Value,
}

/// How the client learns of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// The task says it.
    Named,
    /// From the events alone.
    Recognised,
    /// From the path that the API is known for, as long as no event tells.
    UsualPath,
}

const WAYS: [Way; 3] = [Way::Named, Way::Recognised, Way::UsualPath];

/// What came of an [`Ask`].
pub(super) struct Told {
    pub(super) spoken: &'static Spoken,
    pub(super) name: String,
    pub(super) way: Way,
    pub(super) outcome: Result<Reply, Failure>,
}

impl Told {
    /// For messages.
    pub(super) fn what(&self) -> String {
        format!("{}, {:?}", self.name, self.way)
    }

    #[track_caller]
    pub(super) fn reply(&self) -> &Reply {
        self.outcome.as_ref().unwrap_or_else(|failure| panic!("{}: {failure}", self.what()))
    }
}

impl Ask {
    pub(super) fn new(spoken: &'static Spoken, name: &str, script: Script) -> Self {
        let script = script.dialect((spoken.dialect)()).prompt_tokens(PROMPT_TOKENS);
        Self { spoken, name: format!("{} {name}", spoken.name), script, body: json!({"stream": true}) }
    }

    /// Its path; no two requests share one, so each of them is the first of its route and has the same text.
    fn path(&self, way: Way) -> String {
        let of_api = if way == Way::UsualPath { self.spoken.usual_path } else { self.spoken.neutral_path };
        format!("/{way:?}/{}{of_api}", self.name.replace(' ', "-"))
    }
}

/// As many words as [`PROMPT`] has; another number than any reply has tokens.
pub(super) const PROMPT_TOKENS: u32 = 7;

/// Counts a word for each space: the tokens of the mock server.
#[derive(Debug)]
struct Words;

impl Tokenizer for Words {
    fn name(&self) -> &'static str {
        "words"
    }

    fn count(&self, text: &str) -> u64 {
        text.matches(' ').count() as u64
    }
}

/// A request of the user: its name, its path, its format and its body.
type Request = (String, String, Format, Value);

static REQUESTS: Mutex<Vec<Request>> = Mutex::new(Vec::new());
static OUTCOMES: Mutex<Vec<Result<Reply, Failure>>> = Mutex::new(Vec::new());

#[sse_user]
impl Asker {
    #[task]
    async fn ask(ctx: &mut Context) -> TaskResult {
        let requests = take(&mut *REQUESTS.lock().expect("no panic"));
        for (name, path, format, body) in requests {
            let request = ctx.sse_request(path).name(name).prompt(PROMPT).format(format);
            let outcome = match request.json(&body).send().await {
                Ok(reply) => Ok(reply),
                Err(RequestError::Failed(failure)) => Err(failure),
                Err(other) => return Err(other.into()),
            };
            OUTCOMES.lock().expect("no panic").push(outcome);
        }
        Ok(())
    }
}

/// Sends each of the requests in every way, one after the other; gives what came, in this order.
pub(super) fn ask_all(load_test: &str, asks: &[Ask], connections: Connections) -> (Report, Vec<Told>) {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().expect("no panic");
    let all: Vec<_> = asks.iter().flat_map(|ask| WAYS.map(|way| (ask, way))).collect();
    let server =
        all.iter().fold(MockServer::builder(), |server, (ask, way)| server.path(ask.path(*way), ask.script.clone()));
    let server = server.start();
    let format = |ask: &Ask, way| if way == Way::Named { ask.spoken.format } else { Format::Auto };
    let requests = all.iter().map(|(ask, way)| (ask.name.clone(), ask.path(*way), format(ask, *way), ask.body.clone()));
    *REQUESTS.lock().expect("no panic") = requests.collect();
    let test = Asker::load_test(load_test).host(server.url()).tokenizer(Arc::new(Words)).connections(connections);
    let report = test.max_tasks(1).run_time(secs(300)).run();
    assert!(report.task_errors().is_empty() && report.panics().is_empty(), "{report}");
    let outcomes = take(&mut *OUTCOMES.lock().expect("no panic"));
    assert_eq!(outcomes.len(), all.len(), "{report}");
    let told =
        |((ask, way), outcome): ((&Ask, Way), _)| Told { spoken: ask.spoken, name: ask.name.clone(), way, outcome };
    (report, all.into_iter().zip(outcomes).map(told).collect())
}

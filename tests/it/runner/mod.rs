//! What the runner does with users, seen from the server's side and from the report.

mod choice;
mod endings;
mod fixtures;
mod flows;
mod in_order;
mod listeners;
mod lives;
mod mix;
mod plans;
mod runtimes;
mod users;

use std::collections::BTreeMap;

use sse_load::mock::MockServer;
use sse_load::prelude::*;

/// The path tells the user and what it does.
async fn visit(ctx: &mut Context, what: impl std::fmt::Display) -> TaskResult {
    let user = ctx.user_index();
    ctx.sse_request(format!("/{user}/{what}")).name("visit").send().await?;
    Ok(())
}

/// What each user did, in its order.
fn visits(server: &MockServer) -> BTreeMap<String, Vec<String>> {
    let mut visits = BTreeMap::<_, Vec<_>>::new();
    for request in server.requests() {
        let (user, what) = request.path[1..].split_once('/').expect("a path of two parts");
        visits.entry(user.to_owned()).or_default().push(what.to_owned());
    }
    visits
}

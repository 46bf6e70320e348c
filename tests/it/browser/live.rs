//! The page of a run while it goes on.

use serde_json::json;

use super::driver::Browser;
use super::values::it_has_a_dark_side;
use crate::dashboard::{open, server};

/// The figure of a card of the head.
const REQUESTS: &str =
    "const card = [...document.querySelectorAll('#now .cards li')].find(card => card.innerText.startsWith('Requests'));
                        const requests = Number(card?.querySelector('strong').innerText.replaceAll(' ', ''));";

#[tokio::test]
async fn a_page_of_a_run_counts_up_keeps_what_was_done_to_it_and_stops_the_run() {
    let Some(browser) = Browser::start().await else { return };
    let server = server();
    let (child, visitor) = open(&["is_served"], &server);
    browser.visit(&visitor.url()).await;
    browser.until(&format!("{REQUESTS} return requests > 0")).await;
    let before = browser.script(&format!("{REQUESTS} return requests")).await;
    browser.until(&format!("{REQUESTS} return requests > {before}")).await;
    browser
        .until("return document.querySelector('#ttft-all svg[role=img]') && document.querySelector('main > details')")
        .await;
    what_was_done_to_it_stays(&browser).await;
    let console = browser.console().await;
    assert!(console.is_empty(), "{console:#?}");
    browser.script("document.querySelector('#stop').click()").await;
    browser.until("return document.querySelector('#notice').innerText.startsWith('The run has ended.')").await;
    browser.until("return document.querySelector('#verdicts h2').innerText === 'Verdicts'").await;
    let kept = browser.script("return [document.querySelector('#now .phase').innerText, document.querySelectorAll('figure.plot').length > 5]").await;
    assert_eq!(kept, json!(["ended", true]));
    let outcome = child.finish();
    outcome.assert_passed();
    assert_eq!(outcome.json("served")["ending"], "interrupted");
}

async fn what_was_done_to_it_stays(browser: &Browser) {
    it_has_a_dark_side(browser).await;
    browser
        .script(
            "document.querySelector('main > details').open = true;
             document.querySelector('#ttft-all .values').click();
             const svg = document.querySelector('#ttft-all svg[role=img]');
             svg.focus();
             svg.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight'}));
             svg.isOld = true;
             document.querySelector('main > details').isOld = true;",
        )
        .await;
    browser
        .until(
            "const [svg, folded] = ['#ttft-all svg[role=img]', 'main > details'].map(each => document.querySelector(each));
             return svg && folded && !svg.isOld && !folded.isOld",
        )
        .await;
    let kept = browser
        .script(
            "return {
                 folded: document.querySelector('main > details').open,
                 table: document.querySelectorAll('#ttft-all tr').length > 1,
                 focus: document.activeElement.closest('figure').id,
                 tip: !document.querySelector('#ttft-all .tip').hidden,
                 theme: document.documentElement.dataset.theme,
             }",
        )
        .await;
    assert_eq!(kept, json!({"folded": true, "table": true, "focus": "ttft-all", "tip": true, "theme": "dark"}));
}
